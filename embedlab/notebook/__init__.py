"""EmbedLab in a notebook or a script: `embedlab.open` shows the map of vectors that a program has."""
