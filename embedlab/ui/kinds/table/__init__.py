"""Tables on the Data page."""
