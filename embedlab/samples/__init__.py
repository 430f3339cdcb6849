"""Data to start with: made corpora and ratings, shipped samples, public downloads."""
