"""Progress reports of long work, which also cancel it."""

from __future__ import annotations

from collections.abc import Callable

#: Called with the share done (0 to 1) and a short stage name such as "reading" or "counting words".
#: It raises `CancelledError` to stop the work, so call it at least once a second.
ReportProgress = Callable[[float, str], None]


def ignore_progress(share_done: float, stage: str) -> None:
    """Ignore a progress report; the default reporter."""
    del share_done, stage


def part_of(report: ReportProgress, start: float, stop: float) -> ReportProgress:
    """Return a reporter for a part of the work: it maps 0 to 1 to `start` to `stop` of the whole."""

    def report_part(share_done: float, stage: str) -> None:
        report(start + (stop - start) * share_done, stage)

    return report_part
