"""Access logs of Apache and nginx, in the common or the combined format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

import numpy as np

from embedlab.kinds.reading_report import Changes
from embedlab.kinds.sequences.events import EventBatch
from embedlab.kinds.sequences.options import SequencesOptions
from embedlab.kinds.sequences.shapes.lines import BATCH_EVENTS, open_lines
from embedlab.reading.opened import OpenedUpload

_LINE: Final = re.compile(
    r'(\S+) \S+ .*?\[(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-]\d{4})\] "([A-Z]+) (\S+)[^"]*" '
    r'(\d{3}) \S+(?: "[^"]*" "((?:[^"\\]|\\.)*)")?'
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}
_ASSET: Final = re.compile(
    r"\.(?:css|js|mjs|map|png|jpe?g|gif|ico|svg|webp|avif|bmp|woff2?|ttf|eot|otf|mp4|webm)$", re.IGNORECASE
)
_BOT: Final = re.compile(r"bot\b|bot/|crawl|spider|slurp|feedburner|fetcher|monitor|python-|curl/|wget/", re.IGNORECASE)
_SHARE: Final = 0.9
_FEWEST: Final = 3


def are_access_log(lines: Sequence[str]) -> bool:
    """Return whether nearly all lines are requests of an access log."""
    filled = [line for line in lines if line.strip()][:500]
    n_requests = sum(_LINE.match(line) is not None for line in filled)
    return n_requests >= max(_FEWEST, _SHARE * len(filled))


def read_access_log(
    upload: OpenedUpload, options: SequencesOptions, changes: Changes, tick: Callable[[float], None]
) -> Iterator[EventBatch]:
    """Yield the requests of each client: its address with its user agent, the path without its query, and the time."""
    users: list[str] = []
    items: list[str] = []
    times: list[float] = []

    def batch() -> EventBatch:
        made = EventBatch(users[:], items[:], np.array(times, np.float64))
        for each in (users, items, times):
            each.clear()
        return made

    with open_lines(upload, options, changes) as reader:
        for line in reader:
            found = _LINE.match(line)
            if found is None:
                if line.strip():
                    changes.leave_out("lines that are not requests", line)
                continue
            host, agent, path = found[1], found[12] or "", found[10].partition("?")[0].partition("#")[0]
            if not options.failures and (found[9] != "GET" or int(found[11]) >= 400):
                changes.leave_out("requests that failed or are not GET", f"{found[9]} {path} {found[11]}")
            elif not options.assets and _ASSET.search(path):
                changes.leave_out("requests of images, styles and scripts", path)
            elif not options.bots and _BOT.search(agent):
                changes.leave_out("requests of bots", agent)
            else:
                users.append(f"{host} {agent}".strip())
                items.append(path)
                times.append(_day(*found.group(4, 3, 2, 8)) + _clock(*found.group(5, 6, 7)))
                if len(items) >= BATCH_EVENTS:
                    yield batch()
                    tick(reader.share_read)
    yield batch()
    tick(1.0)


@lru_cache(maxsize=10_000)
def _day(year: str, month: str, day: str, zone: str) -> float:
    """Return the seconds since 1970 of midnight in a time zone; NaN for a date that does not exist."""
    offset = timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[3:]))
    try:
        midnight = datetime(int(year), _MONTHS[month], int(day), tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, KeyError, OverflowError):
        return float("nan")
    return midnight.timestamp()


def _clock(hour: str, minute: str, second: str) -> float:
    return 3600 * int(hour) + 60 * int(minute) + int(second)
