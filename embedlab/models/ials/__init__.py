"""Implicit alternating least squares (iALS, iALS++)."""
