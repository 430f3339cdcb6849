"""The one way long work tells how far it is, and hears that it should stop."""

from __future__ import annotations

from collections.abc import Callable

#: Called with the share done (0 to 1) and a short stage name such as "reading" or "counting words".
#: It raises `CancelledError` when the work is to stop, so call it at least once a second.
ReportProgress = Callable[[float, str], None]


def ignore_progress(share_done: float, stage: str) -> None:
    """Accept a report and do nothing; the default where nobody listens."""
    del share_done, stage


def part_of(report: ReportProgress, start: float, stop: float) -> ReportProgress:
    """Return a reporter for a part of the work: its 0 to 1 becomes `start` to `stop` of the whole."""

    def report_part(share_done: float, stage: str) -> None:
        report(start + (stop - start) * share_done, stage)

    return report_part
