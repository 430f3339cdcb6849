"""Forms and previews of the kinds of datasets, one folder each."""
