"""Rows of numbers: standardization in blocks, and the encoder that places rows."""
