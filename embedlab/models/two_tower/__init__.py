"""Two towers in Keras: things of several kinds in one space, trained on pairs with an in-batch softmax."""
