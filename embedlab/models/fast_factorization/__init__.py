"""Biased matrix factorization by alternating least squares or parallel gradient descent, compiled."""
