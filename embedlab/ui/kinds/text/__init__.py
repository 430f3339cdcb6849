"""The form and preview of text."""
