"""Counts with a long tail, in bins that double in width."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.figures.ratings import count_histogram


@pytest.mark.parametrize(
    ("counts", "labels", "numbers"),
    [
        pytest.param([1, 1, 2, 3, 4, 9], ["1", "2", "3 to 4", "5 to 8", "9 to 16"], [2, 1, 2, 0, 1], id="whole"),
        pytest.param([0.1, 0.5, 0.75, 3.5], ["up to 0.5", "0.5 to 1", "1 to 2", "2 to 4"], [2, 1, 0, 1], id="hours"),
        pytest.param([1, 1], ["1"], [2], id="ones"),
        pytest.param([0, -1, np.nan, np.inf], None, None, id="none"),
    ],
)
def test_every_count_is_in_the_bin_of_its_power_of_two(counts, labels, numbers):
    figure = count_histogram(np.array(counts))
    if labels is None:
        assert len(figure.data) == 0
    else:
        assert (list(figure.data[0].x), list(figure.data[0].y)) == (labels, numbers)


def test_counts_of_any_size_fit():
    figure = count_histogram(np.array([1.0, 1e12]))
    assert (len(figure.data[0].x), sum(figure.data[0].y)) == (41, 2)
