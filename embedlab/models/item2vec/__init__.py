"""Item2vec: skip-gram on sequences of items, which predicts by input times output vectors."""
