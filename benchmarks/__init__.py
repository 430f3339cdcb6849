"""Benchmarks against other libraries, side by side in one run; results in RESULTS.md."""
