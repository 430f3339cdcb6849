"""The form and preview of ratings."""
