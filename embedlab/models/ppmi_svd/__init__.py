"""PPMI and SVD."""
