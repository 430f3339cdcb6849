"""Evaluation metrics with intervals and baselines."""
