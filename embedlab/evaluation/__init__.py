"""Measures of quality, with intervals and baselines."""
