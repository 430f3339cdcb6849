"""Coordinates in two or three dimensions: methods, their quality, and the place of new points."""
