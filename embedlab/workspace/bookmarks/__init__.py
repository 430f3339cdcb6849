"""Bookmarks of maps: what one looks like, where they are stored, how they become a file, what they mean elsewhere."""
