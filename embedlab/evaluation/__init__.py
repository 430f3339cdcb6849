"""How good an embedding is: word pairs, rating errors, and how far a map can be trusted."""
