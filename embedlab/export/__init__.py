"""Taking embeddings away in the formats of other tools."""
