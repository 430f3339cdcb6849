"""Scores of graphs: hidden links, and hierarchies."""
