"""Queries about unseen data: new texts, unknown words, recommendations."""
