"""Feature-aware implicit alternating least squares."""
