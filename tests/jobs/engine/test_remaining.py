from __future__ import annotations

import math

import pytest

from embedlab.jobs.engine.remaining import FallingRange, Remaining, RemainingTime


def _steady(n_intervals: int) -> Remaining | None:
    """The remaining time after some intervals of 5 % in 1 s each."""
    remaining = RemainingTime()
    for interval in range(n_intervals):
        remaining.update(0.05 * interval, 10.0 + interval)
    return remaining.update(0.05 * n_intervals, 10.0 + n_intervals)


def test_without_progress_nothing_is_known() -> None:
    remaining = RemainingTime()
    assert remaining.update(0.0, 10.0) is None
    assert remaining.update(0.005, 20.0) is None
    assert RemainingTime().update(0.7, 10.0) is None


@pytest.mark.parametrize("n", [1, 4, 12], ids=["1", "4", "12"])
def test_a_steady_rate_gives_the_time_left_and_a_range_that_narrows(n: int) -> None:
    remaining = _steady(n)
    assert remaining is not None
    factor = 2 ** math.sqrt((1 + 1 / n) / (2 * (n + 1)))
    assert remaining.seconds == pytest.approx(20 - n)
    assert remaining.low_s == pytest.approx((20 - n) / factor)
    assert remaining.high_s == pytest.approx((20 - n) * factor)


def test_a_resumed_job_counts_from_where_it_began() -> None:
    remaining = RemainingTime()
    remaining.update(0.5, 0.0)
    assert remaining.update(0.75, 10.0) == pytest.approx((10.0, 10 / 2**0.5**0.5, 10 * 2**0.5**0.5))


def test_a_rate_that_varies_gives_a_wider_range() -> None:
    varying = RemainingTime()
    varying.update(0.0, 0.0)
    now = 0.0
    for interval in range(8):
        now += 0.5 if interval % 2 else 1.5
        found = varying.update(0.05 * (interval + 1), now)
    steady = _steady(8)
    assert found is not None
    assert steady is not None
    assert found.seconds == pytest.approx(steady.seconds)
    assert found.high_s / found.seconds > 1.5 * steady.high_s / steady.seconds


def test_both_ends_of_the_range_only_fall() -> None:
    shown = FallingRange()
    ranges = [Remaining(60, 40, 90), Remaining(62, 50, 80), Remaining(50, 45, 85), Remaining(30, 44, 60)]
    displayed = [shown.update(each, "training") for each in ranges]
    assert displayed[:3] == [(60, 40, 90), (60, 40, 80), (50, 40, 80)]
    # What is most likely is never outside the range.
    assert displayed[3] == (30, 30, 60)
    assert shown.update(None, "training") == (30, 30, 60)
    assert shown.update(None, "storing") is None
