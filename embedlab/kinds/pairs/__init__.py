"""Pairs of things of several kinds: texts with labels, users with items, images with words."""
