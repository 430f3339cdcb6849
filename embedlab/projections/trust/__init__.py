"""How far to trust a map: measures, distortion, and the most distorted pairs."""
