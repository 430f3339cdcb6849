"""The clusters of the Map page."""
