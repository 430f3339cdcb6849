"""The foundation of all other folders: the embedding, errors, files, plain text, progress, settings."""
