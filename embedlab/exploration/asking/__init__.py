"""Queries to an embedding: neighbors, means, analogies, similarities."""
