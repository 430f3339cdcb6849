"""Layouts of maps in a worker: shared neighbors, live frames, starts, samples, and layouts that exist already."""
