"""Readers of events: one per shape of a file."""
