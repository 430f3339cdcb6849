"""A first-order Markov chain of items."""
