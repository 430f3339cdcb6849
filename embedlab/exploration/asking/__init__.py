"""Questions to an embedding: neighbors, means, analogies, similarities."""
