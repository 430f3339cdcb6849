"""The form and preview of texts."""
