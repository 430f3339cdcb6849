"""Pictures of a map as files: a page that opens offline, and a vector image."""
