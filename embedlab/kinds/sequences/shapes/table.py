"""A table with one event per row: CSV, JSON, Parquet or Excel."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from embedlab.core.errors import InputError
from embedlab.kinds.reading_report import Changes
from embedlab.kinds.sequences.events import EventBatch
from embedlab.kinds.sequences.options import SequencesOptions
from embedlab.kinds.sequences.times import look_like_times, seconds_of
from embedlab.reading.column_names import rank_of_name
from embedlab.reading.delimited import column_texts, open_table
from embedlab.reading.opened import OpenedUpload, TableSample

#: Names of columns that say which sequence an event belongs to, or what it is about.
_SEQUENCE_NAMES = ("session", "visit", "patient", "subject", "case", "sequence", "playlist", "host", "who")
_ITEM_NAMES = ("page", "url", "path", "code", "event", "action", "activity", "diagnosis", "what", "query")
_TIME_NAMES = ("when", "started", "position", "step", "order", "rank")
_SAMPLE = 200


def columns_of(table: TableSample) -> dict[str, str | None]:
    """Return the columns `user`, `item`, `time` and `title` of a table: by their names, else by their values.

    Raises
    ------
    InputError
        The table has fewer than two columns.
    """
    names = table.names
    if len(names) < 2:
        raise InputError(
            "A table of events needs a column of users and one of items.",
            received=f"{len(names)} column",
            remedy="Choose another shape, or a file with one event per row.",
        )
    free = list(range(len(names)))
    found: dict[str, int] = {}
    extra = {"user": _SEQUENCE_NAMES, "item": _ITEM_NAMES, "time": _TIME_NAMES}
    named = table.table_format.has_header

    def take(role: str, place: int | None) -> None:
        if place is not None:
            found[role] = place
            free.remove(place)

    for role in ("time", "user", "item"):
        take(role, _by_name(names, role, extra[role], free) if named else None)
    cells = {place: [row[place] for row in table.rows[:_SAMPLE]] for place in free}
    if "time" not in found and len(free) + len(found) > 2:
        take("time", next((place for place in free if look_like_times(cells[place])), None))
    for role in ("user", "item"):
        if role not in found and free:
            take(role, free[0])
    if "item" not in found or "user" not in found:
        raise InputError(
            "The columns of user and item cannot be recognized.",
            received=", ".join(names[:10]),
            remedy="Set the options user and item.",
        )
    title = _by_name(names, "item title", ("title", "label"), free) if named else None
    return {
        **{role: names[found[role]] if role in found else None for role in ("user", "item", "time")},
        "title": None if title is None else names[title],
    }


def _by_name(names: list[str], role: str, extra: tuple[str, ...], free: list[int]) -> int | None:
    ranked = [(rank, place) for place in free if (rank := rank_of_name(names[place], role)) is not None]
    if ranked:
        return min(ranked)[1]
    lowered = {place: names[place].lower() for place in free}
    return next((place for word in extra for place in free if word in lowered[place]), None)


def read_table(
    upload: OpenedUpload, options: SequencesOptions, changes: Changes, tick: Callable[[float], None]
) -> Iterator[EventBatch]:
    """Yield the events of a table, in the order of its rows."""
    columns = [column for column in (options.user, options.item, options.time, options.title) if column is not None]
    if options.user is None or options.item is None:
        raise InputError(
            "A table of events needs a column of users and one of items.", remedy="Set the options user and item."
        )
    with open_table(upload, options.table_format, columns, upload.limits) as table:
        for batch in table.batches():
            cells = [column_texts(batch, place) for place in range(len(columns))]
            users, items = cells[0], cells[1]
            times = None if options.time is None else seconds_of(cells[2], day_first=options.day_first is True)
            titles = {} if options.title is None else _titles(items, cells[-1])
            yield EventBatch(users, items, times, titles)
            tick(table.share_read)
        if table.n_bad_rows:
            changes.leave_out("rows with too many or too few fields", table.bad_row_examples[0], table.n_bad_rows)
        if table.n_repaired:
            changes.convert(
                "characters that are invalid in the encoding", options.encoding or "utf-8", table.n_repaired
            )


def _titles(items: list[str], titles: list[str]) -> dict[str, str]:
    return {item.strip(): title.strip() for item, title in zip(items, titles, strict=True) if title.strip()}
