"""The commands that import data."""
