"""Commands that query an embedding or a model."""
