"""Shared by all pages: frame, navigation, current selection, errors, resources."""
