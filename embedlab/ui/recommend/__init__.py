"""The parts of the Recommend page."""
