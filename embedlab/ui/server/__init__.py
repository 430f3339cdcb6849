"""The server around the pages: start and stop, guards, routes, health."""
