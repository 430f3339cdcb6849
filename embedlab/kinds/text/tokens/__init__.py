"""Words of a text: how it is split into them, and which of them belong together."""
