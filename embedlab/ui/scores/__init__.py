"""Scores with baselines and intervals."""
