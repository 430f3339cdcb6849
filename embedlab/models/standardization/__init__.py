"""Standardized columns as vectors of rows."""
