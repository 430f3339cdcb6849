"""Embedding models, one folder each; `contract` defines what each provides, `registry` lists them."""
