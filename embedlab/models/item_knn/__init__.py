"""Nearest neighbors of items: items chosen by the same users are similar."""
