"""Implicit feedback: counts, lists without a rating, and baskets."""
