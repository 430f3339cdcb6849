"""Ratings with known answers, and ways to write them as the files that people have."""

from __future__ import annotations

import csv
import io
import json
import random
from datetime import UTC, datetime, timedelta

_RANDOM = random.Random(7)
USERS = [f"u{number}" for number in range(12)]
ITEMS = [f"Film {number}" for number in range(15)]
#: (user, item, rating 1 to 5) in an order that no role can be told from; every user and item occurs.
_PAIRS = [(user, item) for user in USERS for item in ITEMS]
ROWS = [(user, item, _RANDOM.randint(1, 5)) for user, item in _RANDOM.sample(_PAIRS, k=100)]
ANSWER = {(user, item): float(rating) for user, item, rating in ROWS}
_START = datetime(2014, 1, 1, tzinfo=UTC)


def moment(row: int) -> datetime:
    """Return the time of a row: one a day, with both ambiguous and clear days of a month."""
    return _START + timedelta(days=row)


def table(header, cells, *, separator=",", quoting=csv.QUOTE_MINIMAL, rows=ROWS) -> str:
    """Write a row for each rating: `cells(number, user, item, rating)`."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator, quoting=quoting, lineterminator="\n")
    if header is not None:
        writer.writerow(header)
    writer.writerows([cells(number, *row) for number, row in enumerate(rows)])
    return stream.getvalue()


def wide(*, corner="user", empty="", separator=",", header=True, by_item=False, keys=True, shown=str) -> str:
    """Write a row for each user and a column for each item, or the other way around."""
    down, across = (ITEMS, USERS) if by_item else (USERS, ITEMS)
    lines = [[corner, *across][not keys :]] if header else []
    for key in down:
        cells = [ANSWER.get((other, key) if by_item else (key, other)) for other in across]
        lines.append([key, *(empty if cell is None else shown(int(cell)) for cell in cells)][not keys :])
    return "".join(separator.join(line) + "\n" for line in lines)


def json_rows(record) -> list:
    """Return a record for each rating: `record(number, user, item, rating)`."""
    return [record(number, *row) for number, row in enumerate(ROWS)]


def netflix() -> str:
    """Write blocks of an item with its users, as the Netflix Prize has them; ids are numbers."""
    lines = []
    for item in ITEMS:
        lines.append(f"{item.split()[1]}:")
        lines += [f"{user[1:]},{rating},2005-09-06" for user, one, rating in ROWS if one == item]
    return "\n".join(lines) + "\n"


def as_json(value) -> str:
    """Write JSON as Python's `json.dump` does."""
    return json.dumps(value)
