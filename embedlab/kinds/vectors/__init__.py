"""Pre-trained vectors: formats of other programs become an embedding."""
