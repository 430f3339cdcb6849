"""The tags file of a ratings dataset: free tags that users gave to items, one per row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from embedlab.core.errors import InputError, TooLargeError, shorten
from embedlab.reading.column_names import bare, names_of
from embedlab.reading.delimited import open_table
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits

TAGS: Final = "tags"
_NAMES: Final = ("tag", "tags", "keyword", "keywords")
_MOST_OF_ITEM: Final = 5
_MOST_ROWS: Final = 20_000_000
_LONGEST_TAG: Final = 100


def tag_columns(names: Sequence[str]) -> tuple[int, int] | None:
    """Return the positions of the item and of the tag in a table with these column names; None if one is missing."""
    plain = [bare(name) for name in names]
    item = next((plain.index(name) for name in names_of("item") if name in plain), None)
    tag = next((plain.index(name) for name in _NAMES if name in plain), None)
    return None if item is None or tag is None or item == tag else (item, tag)


def read_tags(path: Path, limits: Limits) -> pd.DataFrame:
    """Return the most frequent tags of each item.

    Parameters
    ----------
    path
        A table with a header and a row for each tag that a user gave to an item, such as MovieLens' `tags.csv`.
    limits
        Bounds on what is opened.

    Returns
    -------
    Columns `key` (unique) and `tags`: at most five, in lower case, the most frequent first, joined by `|`.

    Raises
    ------
    InputError
        The file is not such a table, or holds no tag.
    TooLargeError
        It has more than 20,000,000 rows.
    """
    upload = OpenedUpload(path, limits)
    sample = upload.table
    columns = None if sample is None or not sample.table_format.has_header else tag_columns(sample.names)
    if sample is None or columns is None:
        raise InputError(
            "The tags file has no column of items and tags.",
            received=", ".join(sample.names[:20]) if sample is not None else None,
            remedy="Choose a table with a header that names an item column, such as movieId, and a tag column.",
        )
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    n_rows = 0
    with open_table(upload, sample.table_format, list(columns), limits) as table:
        for batch in table.batches():
            n_rows += batch.num_rows
            if n_rows > _MOST_ROWS:
                raise TooLargeError(
                    f"A tags file may have at most {_MOST_ROWS:,} rows.", received=f"{n_rows:,} or more"
                )
            for key, tag in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
                # "|" separates the tags of an item.
                plain = " ".join(tag.replace("|", " ").lower().split())
                if key.strip() and plain:
                    counts[key.strip()][shorten(plain, _LONGEST_TAG)] += 1
    if not counts:
        raise InputError("The tags file contains no tags.", remedy="Remove it, or choose another one.")
    joined = ["|".join(tag for tag, _ in each.most_common(_MOST_OF_ITEM)) for each in counts.values()]
    return pd.DataFrame({"key": list(counts), TAGS: joined})
