"""The dialog that exports an embedding, and prepared files."""
