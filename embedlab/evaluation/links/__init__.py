"""Prediction of links and of hierarchies: measures and rivals."""
