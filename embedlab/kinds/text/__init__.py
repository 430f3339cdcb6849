"""Texts: documents become words, with labels and phrases where they are wanted."""
