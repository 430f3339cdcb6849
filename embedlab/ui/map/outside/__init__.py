"""The map and other programs: what they highlight, and the file that they open."""
