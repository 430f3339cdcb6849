"""Models whose recommendations are sums of item-to-item weights: how they rank, explain, and get vectors."""
