"""A deep network for ratings in Keras."""
