from __future__ import annotations

import pytest

from embedlab.core.errors import CancelledError, TooLargeError, TooSlowError
from embedlab.reading.network.pace import MIN_BYTES_PER_S, WINDOW_S, Pace


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def run(rate, seconds, clock=None, pace=None, max_bytes=10**9):
    """Let bytes arrive at a rate for some seconds, with a check twice a second; return the pace."""
    clock = clock or Clock()
    pace = pace or Pace(max_bytes, lambda *_: None, "Try later.", clock)
    for _ in range(round(seconds * 2)):
        clock.now += 0.5
        pace.add(round(rate / 2))
        pace.check()
    return pace, clock


def test_a_download_that_keeps_the_pace_may_take_hours():
    run(1.01 * MIN_BYTES_PER_S, 3 * 3600)


def test_a_download_that_drips_is_given_up_after_the_window():
    run(10, WINDOW_S - 1)
    with pytest.raises(TooSlowError, match="kB/s") as caught:
        run(10, WINDOW_S + 1)
    assert caught.value.remedy == "Try later."


def test_nothing_at_all_is_too_slow_too():
    with pytest.raises(TooSlowError, match=r"0\.0 kB/s"):
        run(0, WINDOW_S + 1)


def test_a_fast_start_does_not_pay_for_a_drip():
    pace, clock = run(50e6, 10)
    with pytest.raises(TooSlowError):
        run(10, 2 * WINDOW_S, clock, pace)


def test_a_pause_shorter_than_the_window_is_forgiven():
    pace, clock = run(1e6, 30)
    run(0, WINDOW_S / 2, clock, pace)
    run(1e6, 300, clock, pace)


def test_the_time_of_any_download_is_bounded_by_its_size():
    clock = Clock()
    pace = Pace(1_000_000, lambda *_: None, "", clock)
    began = clock.now
    with pytest.raises(TooLargeError):
        run(1.01 * MIN_BYTES_PER_S, 10_000, clock, pace)
    assert clock.now - began <= 1_000_000 / MIN_BYTES_PER_S + 1


def test_sizes_are_bounded_when_announced_and_when_they_arrive():
    pace = Pace(1000, lambda *_: None, "")
    with pytest.raises(TooLargeError):
        pace.expect(1001)
    pace.expect(10)
    pace.add(1000)
    with pytest.raises(TooLargeError):
        pace.add(1)
    assert pace.n_bytes == 1000


def test_every_check_reports_and_may_cancel():
    shares = []
    pace = Pace(1000, lambda share, stage: shares.append((share, stage)), "")
    pace.expect(100)
    pace.add(50)
    pace.check()
    pace.add(500)
    pace.check()
    assert shares == [(pytest.approx(0.45), "downloading"), (pytest.approx(0.9), "downloading")]

    def cancel(share, stage):
        raise CancelledError("stop")

    with pytest.raises(CancelledError):
        Pace(1000, cancel, "").check()
