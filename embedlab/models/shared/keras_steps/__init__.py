"""Training steps of Keras networks on ratings and choices, dense, or sparse for large tables."""
