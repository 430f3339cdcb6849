"""Ways to learn an embedding: one file a model; `base` holds the contract, `registry` knows them all."""
