"""Latent semantic analysis."""
