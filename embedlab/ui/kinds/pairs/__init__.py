"""The form and details of pairs."""
