"""Images: small pictures of one size with optional labels, as an array on disk."""
