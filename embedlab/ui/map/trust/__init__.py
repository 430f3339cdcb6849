"""How far to trust the map: measures, colors, compared neighbors, distorted pairs."""
