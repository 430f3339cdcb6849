"""Evaluation of models that predict a column of a table from the others."""
