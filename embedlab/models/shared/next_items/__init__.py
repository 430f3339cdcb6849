"""Predicting the next item of a sequence: what several models and the baselines share."""
