from __future__ import annotations

from embedlab.jobs.engine.countdown import Countdown


def test_the_time_left_only_falls_while_estimates_fluctuate() -> None:
    countdown = Countdown()
    shown = [countdown.update(estimate, "training") for estimate in (60.0, 66.0, 55.0, 58.0, None, 40.0)]
    assert shown == [60.0, 60.0, 55.0, 55.0, 55.0, 40.0]


def test_work_that_is_much_slower_than_it_seemed_says_so() -> None:
    countdown = Countdown()
    assert [countdown.update(estimate, "training") for estimate in (10.0, 20.0, 20.1)] == [10.0, 10.0, 20.1]


def test_another_plan_starts_another_countdown() -> None:
    countdown = Countdown()
    assert countdown.update(10.0, ("training", 30)) == 10.0
    assert countdown.update(12.0, ("training", 60)) == 12.0
    assert countdown.update(None, ("storing", 0)) is None
