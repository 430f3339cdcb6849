"""RP3beta: random walks from item to user to item, with a penalty for popular items."""
