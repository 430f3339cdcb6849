"""Items predicted from the items that a user chose, by a softmax over all items in Keras."""
