"""The export dialog and the files it offers for download."""
