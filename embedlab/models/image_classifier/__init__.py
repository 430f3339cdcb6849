"""A Keras image classifier with an embedding layer of a few units before the softmax."""
