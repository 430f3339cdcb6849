from __future__ import annotations

import pytest

from embedlab.core.durations import duration_range, time_left


@pytest.mark.parametrize(
    ("low_s", "high_s", "text"),
    [
        (30, 50, "30 to 50 s"),
        (50, 121, "50 s to 2 min"),
        (110, 240, "2 to 4 min"),
        (3000, 9000, "50 min to 2.5 h"),
        (240, 250, "4 min"),
        (0.2, 3, "under 1 s to 3 s"),
    ],
    ids=["seconds", "both", "minutes", "hours", "same", "short"],
)
def test_a_range_names_its_unit_once_where_it_is_the_same(low_s: float, high_s: float, text: str) -> None:
    assert duration_range(low_s, high_s) == text


@pytest.mark.parametrize(
    ("left", "text"),
    [
        ((0.4, 0.3, 0.8), "nearly done"),
        ((40, 30, 58), "30 to 58 s left"),
        ((40, 38, 43), "about 40 s left"),
        ((125, None, None), "about 2 min 05 s left"),
    ],
    ids=["nearly", "range", "narrow", "earlier version"],
)
def test_time_left_is_a_range_while_it_is_uncertain(left: tuple[float, float | None, float | None], text: str) -> None:
    assert time_left(*left) == text
