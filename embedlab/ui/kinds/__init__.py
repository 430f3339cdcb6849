"""Forms and previews, one folder for each kind of dataset."""
