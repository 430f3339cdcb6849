"""A Keras classifier of texts over an embedding and a bag of words."""
