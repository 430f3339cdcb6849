"""DeepWalk and node2vec: random walks as sentences."""
