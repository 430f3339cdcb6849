"""Alternating least squares for interactions (iALS, iALS++), with or without features of users and items."""
