"""Items as documents: their genres, tags and categories as single words, and the words of their titles and texts."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from embedlab.core.embedding import LABEL_COLUMN
from embedlab.models.shared.side_features.columns import ColumnKind, feature_columns, values_of

_WORD: Final = re.compile(r"[^\W\d_]{2,}")


def item_words(items: pd.DataFrame, *, title_words: bool, n_fitted: int | None = None) -> list[list[str]]:
    """Return the words that describe each item.

    Parameters
    ----------
    items
        `dataset.items`, perhaps with more rows after them.
    title_words
        Whether to use the words of the titles.
    n_fitted
        Columns and ranges of numbers are understood by this many of the first rows; None: by all.

    Returns
    -------
    For each item: values of lists and categories as ``column: value``, words of titles and texts in lower case.
    """
    found: list[list[str]] = [[] for _ in range(len(items))]
    n_rows = len(items) if n_fitted is None else n_fitted
    for name, kind in feature_columns(items.head(n_rows)).items():
        if kind == ColumnKind.TEXT:
            values = [_words(cell) for cell in items[name]]
        else:
            values = [[f"{name}: {value}" for value in row] for row in values_of(items[name], kind, n_rows)]
        for words, more in zip(found, values, strict=True):
            words.extend(more)
    if title_words and LABEL_COLUMN in items.columns:
        keys = items["key"] if "key" in items.columns else pd.Series([""] * len(items))
        for words, title, key in zip(found, items[LABEL_COLUMN], keys, strict=True):
            # An item without a title has its key as label.
            words.extend(_words(title) if title != key else [])
    return found


def _words(cell: object) -> list[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    if not isinstance(cell, str):
        return []
    return [word for word in _WORD.findall(cell.lower()) if word not in ENGLISH_STOP_WORDS]
