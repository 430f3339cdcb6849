"""Fetching from the network without being led into the own one: addresses, pinned connections, and the pace."""
