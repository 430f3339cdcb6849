"""Bookmarks on the Map page: what is shown, the list, and the dialogs."""
