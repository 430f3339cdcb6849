"""Keys that a program highlights on the map of an embedding, and keys that somebody selects there."""
