"""Sequences on the Data page."""
