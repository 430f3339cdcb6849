"""The clusters that are stored with an embedding."""
