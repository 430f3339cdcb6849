"""EmbedLab: train, see, question, judge and take away embeddings of discrete data."""

__version__ = "0.1.0"
