"""Labels beside images: one per image in order, or a table with a column of file names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from embedlab.core.errors import InputError
from embedlab.core.plain import one_line
from embedlab.kinds.images.arrays import LONGEST_LABEL, array_of, labels_of, opened_array
from embedlab.reading.delimited import open_table
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import open_text

#: Names of columns that hold labels, in order of preference.
_LABEL_NAMES: Final = ("label", "labels", "class", "target", "category", "y")
#: At least this share of the images must be in a table of file names.
_LEAST_FOUND: Final = 0.5


def labels_in_order(upload: OpenedUpload, n_images: int) -> list[str]:
    """Return one label per image from an array, a table with a row per image, or lines.

    Raises
    ------
    InputError
        The file has another number of labels.
    """
    array = array_of(upload.head)
    if array is not None and array.holds_labels:
        with opened_array(upload, array) as values:
            labels = labels_of(values)
    elif upload.table is not None and len(upload.table.names) > 1:
        place = label_column(upload.table.names, upload.table.rows, ())
        with open_table(upload, upload.table.table_format, [place], upload.limits) as table:
            cells = (cell for batch in table.batches() for cell in batch.column(0).to_pylist())
            labels = [one_line(cell, LONGEST_LABEL) for cell in cells]
    else:
        with open_text(upload, upload.encoding, upload.limits) as stream:
            labels = [one_line(line, LONGEST_LABEL) for line in stream]
        while len(labels) > n_images and not labels[-1]:
            labels.pop()
        if len(labels) == n_images + 1:
            # The first line is a header.
            labels = labels[1:]
    if len(labels) != n_images:
        raise InputError(
            "The labels do not fit the images.",
            received=f"{len(labels):,} labels for {n_images:,} images",
            remedy="Give one label per image, in the same order, or a table with the names of the image files.",
        )
    return labels


def labels_by_name(upload: OpenedUpload, names: Sequence[str]) -> Mapping[str, str] | None:
    """Return the label by file name (path, name or stem) from a table; None if it names too few of the images."""
    table = upload.table
    if table is None or len(table.names) < 2:
        return None
    known = {alias for name in names for alias in aliases(name)}
    shares = [
        sum(cell.strip() in known for cell in column) / max(1, len(table.rows))
        for column in zip(*table.rows, strict=True)
    ]
    key = max(range(len(shares)), key=lambda place: shares[place], default=None)
    if key is None or shares[key] < _LEAST_FOUND:
        return None
    place = label_column(table.names, table.rows, (key,))
    found: dict[str, str] = {}
    with open_table(upload, table.table_format, [key, place], upload.limits) as opened:
        for batch in opened.batches():
            for name, label in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
                found[name.strip()] = one_line(label, LONGEST_LABEL)
    return found


def aliases(name: str) -> tuple[str, ...]:
    """Return the ways in which a table may name a file: whole path, file name, and file name without extension."""
    path = PurePosixPath(name)
    return name, path.name, path.stem


def label_column(names: Sequence[str], rows: Sequence[Sequence[str]], excluded: Sequence[int]) -> int:
    """Return the column that holds labels: by its name, else the one with the fewest different values."""
    offered = [place for place in range(len(names)) if place not in excluded]
    named = {names[place].strip().lower(): place for place in reversed(offered)}
    for name in _LABEL_NAMES:
        if name in named:
            return named[name]
    return min(offered, key=lambda place: (len({row[place] for row in rows}) < 2, len({row[place] for row in rows})))
