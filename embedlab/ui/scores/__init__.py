"""Scores with baselines, intervals and what they rest on."""
