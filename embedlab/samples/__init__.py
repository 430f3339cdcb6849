"""Data to start with: synthetic corpora and ratings, bundled samples, public downloads."""
