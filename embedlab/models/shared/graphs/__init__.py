"""What models of graphs share: embeddings of nodes, scores of links, and the spectral solver."""
