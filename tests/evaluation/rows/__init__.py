"""Tests of `embedlab.evaluation.rows`."""
