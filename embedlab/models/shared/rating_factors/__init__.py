"""Biased factorizations of ratings: grouped ratings, compiled solvers, and the predictor in NumPy."""
