"""Images on the Data page."""
