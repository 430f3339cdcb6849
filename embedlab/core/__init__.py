"""What every other folder stands on: the embedding, errors, files, plain text, progress, settings."""
