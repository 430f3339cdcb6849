"""Tests of `embedlab.kinds.columns`."""
