"""Commands about a map: a file of it, its address, and what is selected on it."""
