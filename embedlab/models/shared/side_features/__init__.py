"""Features of the users or items of a dataset: genres, tags, decades, categories and words of texts."""
