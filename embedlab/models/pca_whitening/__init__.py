"""Principal components, whitened or not."""
