"""Biased matrix factorization of ratings in Keras."""
