"""The form and details of graphs."""
