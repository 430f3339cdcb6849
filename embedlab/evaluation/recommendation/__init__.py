"""Measures of predicted ratings and of recommendations."""
