"""The kinds of datasets, one folder each: how a file is recognized, previewed, built and opened."""
