"""Files of other programs that hold arrays: read as data only, and nothing in them runs or leads elsewhere."""
