"""A Keras text classifier with an embedding and a bag of words."""
