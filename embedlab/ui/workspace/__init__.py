"""The parts of the Workspace page."""
