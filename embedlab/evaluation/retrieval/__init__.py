"""Retrieval across kinds: ranks of held-out partners in the whole catalog, and simple rivals."""
