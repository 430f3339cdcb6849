"""Downloading from the public network only: addresses, pinned connections, and the speed of a download."""
