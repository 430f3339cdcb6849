"""The parts of the Basics page."""
