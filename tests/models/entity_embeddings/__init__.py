"""Tests of `embedlab.models.entity_embeddings`."""
