"""What is kept: the catalogue in SQL and the artifacts in files."""
