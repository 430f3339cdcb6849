"""Spectral embedding of a graph's nodes."""
