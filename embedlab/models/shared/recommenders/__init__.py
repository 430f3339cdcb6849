"""What models of ratings and choices share."""
