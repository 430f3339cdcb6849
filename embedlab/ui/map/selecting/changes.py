"""Changes of the selection by the user's actions on the map, as the browser describes them: geometry and numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError
from embedlab.core.plain import one_line
from embedlab.core.similarity import MOST_ANSWERS
from embedlab.exploration.selections.areas import area_of, in_area
from embedlab.exploration.selections.history import History
from embedlab.exploration.selections.neighborhoods import nearest_keys
from embedlab.exploration.selections.selection import Combination, Selection
from embedlab.ui.map.color_columns import ColorColumn
from embedlab.ui.map.data import Column

_LARGEST_NUMBER = 2**31
_MOST_CHANGES = 64
_MOST_GROUPS = 256
_LONGEST_SHOWN = 40


@dataclass(frozen=True, eq=False)
class Points:
    """The points of a map.

    Parameters
    ----------
    embedding, coordinates
        Their vectors and names, and `(n_keys, 2 or 3)` places.
    column
        Returns a column that colors the map, by its name.
    """

    embedding: Embedding
    coordinates: Vectors
    column: Callable[[str], Column | ColorColumn]
    min_count: int = 0


def parse_changes(value: Any) -> tuple[str, tuple[Mapping[str, Any], ...]] | None:
    """Return the source and the changes that the browser sent, in order; None if they are none."""
    if not isinstance(value, Mapping) or not isinstance(value.get("source"), str):
        return None
    changes = value.get("changes")
    if not isinstance(changes, list) or not changes:
        return None
    usable = [change for change in changes[-_MOST_CHANGES:] if isinstance(change, Mapping) and number_of(change)]
    return value["source"], tuple(sorted(usable, key=number_of))


def number_of(change: Mapping[str, Any]) -> int:
    """Return the number of a change, from 1; 0 if it has none."""
    number = change.get("n")
    is_number = isinstance(number, int) and not isinstance(number, bool) and 0 < number < _LARGEST_NUMBER
    return number if is_number and isinstance(number, int) else 0


def changed(history: History, change: Mapping[str, Any], points: Points) -> History:
    """Return the history after a change.

    Parameters
    ----------
    change
        `do` says what: `area` (see `area_of`), `toggle` (a `row`), `groups` (`codes` of a `column`), `nearest` (a `row`
        and its `k` true neighbors), `invert`, `clear`, `undo` or `redo`. Areas, groups and neighbors have `how`, a
        `Combination`. Untrusted.

    Raises
    ------
    InputError
        It is none of these, or does not fit the points.
    """
    current = history.current
    match change.get("do"):
        case "undo":
            return history.undone()
        case "redo":
            return history.redone()
        case "invert":
            return history.after(current.inverted())
        case "clear":
            return history.after(Selection.empty(current.n_keys))
        case "toggle":
            row = _row(change, points)
            return history.after(current.toggled(row, one_line(points.embedding.labels[row], _LONGEST_SHOWN)))
        case "area":
            new = _area(change, points)
        case "groups":
            new = _groups(change, points)
        case "nearest":
            new = _nearest(change, points)
        case _:
            raise _invalid()
    try:
        how = Combination(change.get("how", Combination.REPLACE))
    except ValueError as error:
        raise _invalid() from error
    return history.after(current.combined(new, how))


def _area(change: Mapping[str, Any], points: Points) -> Selection:
    area = area_of(change, points.coordinates.shape[1])
    mask = in_area(points.coordinates, area)
    what = "box" if area.is_box else "lasso"
    return Selection.of_mask(mask, f"a {what} with {np.count_nonzero(mask):,} points")


def _groups(change: Mapping[str, Any], points: Points) -> Selection:
    name, codes = change.get("column"), change.get("codes")
    if not isinstance(name, str) or not isinstance(codes, list) or not 0 < len(codes) <= _MOST_GROUPS:
        raise _invalid()
    if not all(isinstance(code, int) and not isinstance(code, bool) and 0 <= code < 2**16 for code in codes):
        raise _invalid()
    column = points.column(name)
    title = one_line(str(column.legend.get("title", name)), _LONGEST_SHOWN)
    if column.legend["kind"] == "categories" and isinstance(column, ColorColumn):
        names = [str(label) for label, _ in column.legend["categories"]]
        rest = {column.legend["other_code"], column.legend["missing_code"]}
        if not all(code < len(names) or code in rest for code in codes):
            raise _invalid()
        mask = np.isin(column.values, codes)
        # Keys with several values are found by each of them.
        mask[column.rows[np.isin(column.codes, codes)]] = True
        shown = " or ".join(one_line(_name_of(code, names, column), _LONGEST_SHOWN) for code in codes[:3])
        text = f"{title}: {shown}" + (" or more" if len(codes) > 3 else "")
    elif column.legend["kind"] == "grid":
        mask = np.isin(np.minimum(column.values, len(column.legend["counts"])), codes)
        text = f"{title}: {len(codes)} of its colors"
    else:
        raise _invalid()
    return Selection.of_mask(mask, text)


def _name_of(code: int, names: Sequence[str], column: ColorColumn) -> str:
    return names[code] if code < len(names) else "other" if code == column.legend["other_code"] else "missing"


def _nearest(change: Mapping[str, Any], points: Points) -> Selection:
    row, k = _row(change, points), change.get("k", 10)
    if not isinstance(k, int) or isinstance(k, bool) or not 1 <= k <= MOST_ANSWERS:
        raise _invalid()
    embedding = points.embedding
    mask = nearest_keys(embedding, embedding.keys[row], k, points.min_count)
    return Selection.of_mask(mask, f"{one_line(embedding.labels[row], _LONGEST_SHOWN)} and its {k} nearest neighbors")


def _row(change: Mapping[str, Any], points: Points) -> int:
    row = change.get("row")
    if not isinstance(row, int) or isinstance(row, bool) or not 0 <= row < points.embedding.n_keys:
        raise _invalid()
    return row


def _invalid() -> InputError:
    return InputError("This change of the selection is invalid.", remedy="Reload the page, and select again.")
