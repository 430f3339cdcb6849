"""Poincare embeddings: hierarchies in hyperbolic space."""
