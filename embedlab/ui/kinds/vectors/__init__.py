"""The form and preview of vectors."""
