"""Selecting points on the Map page: by hand, by what they are, one by one in a table."""
