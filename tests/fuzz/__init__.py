"""Mutated files through every import: each either works or is refused by an error of our own.

`python -m tests.fuzz --minutes 10 --seed 7` runs for longer than the suite does; see `tests.fuzz.__main__`.
"""
