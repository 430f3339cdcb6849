"""Compiled loops of Word2Vec with negative sampling, for models that learn from sequences of any values."""
