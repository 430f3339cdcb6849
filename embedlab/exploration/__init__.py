"""Queries to embeddings and trained models."""
