"""What an embedding says: neighbours, analogies, spellings, projections, recommendations."""
