"""PPMI and singular value decomposition."""
