"""Items by their descriptions: TF-IDF and truncated SVD."""
