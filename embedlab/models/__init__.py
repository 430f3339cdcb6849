"""Ways to learn an embedding, one folder each; `contract` says what each provides, `registry` lists them."""
