"""fastText."""
