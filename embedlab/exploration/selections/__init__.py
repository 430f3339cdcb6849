"""Selections: sets of rows of an embedding, how they are made, and how they are combined. Pure functions."""
