"""What an embedding answers, without any page."""
