"""Tests of `embedlab.kinds.table`."""
