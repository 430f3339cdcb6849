"""Graphs: edge lists, with weights and directions if the file has them, and hierarchies."""
