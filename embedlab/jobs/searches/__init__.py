"""Sweeps over parameters, and what their runs show."""
