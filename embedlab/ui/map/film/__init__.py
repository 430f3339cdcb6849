"""The film of a training: its data for the browser, and its replay on the map."""
