"""Storage: the catalog in SQL and the artifacts in files."""
