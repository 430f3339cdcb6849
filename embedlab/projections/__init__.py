"""Projections to two or three dimensions: methods, their quality, and the placement of new points."""
