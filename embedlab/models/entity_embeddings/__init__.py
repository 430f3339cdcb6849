"""Embeddings of the categories and words of a table, learned by predicting its target."""
