"""Data sent between server and map, as pure functions: points, labels, color columns, neighbors, box selections.

Data per point is sent once, as binary, by a route; a click sends a few hundred bytes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import NotFoundError
from embedlab.core.plain import one_line
from embedlab.core.similarity import Answer
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.exploration.asking.search import search
from embedlab.projections.placing import Place

LONGEST_LABEL = 200
#: Number of categories that people can distinguish by color; the rest is "other".
MOST_CATEGORIES = 12
OTHER = MOST_CATEGORIES
MISSING = 255
_SKEWED = 20.0
_BREAK = ord("\n")
# Line breaks separate labels; characters that change the text direction could disguise a name.
_FLAT = {
    **{ord(character): " " for character in "\n\r\v\f\t\x1c\x1d\x1e\x85\u2028\u2029"},
    **{
        ord(character): None for character in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    },
}


def points_bytes(coordinates: Vectors) -> bytes:
    """Return `(n_keys, n_components)` coordinates as little-endian float32, point after point."""
    return np.ascontiguousarray(coordinates, dtype="<f4").tobytes()


def labels_bytes(labels: Iterable[str]) -> bytes:
    """Return the labels as UTF-8, one per line; line breaks inside a label become spaces."""
    labels = labels if isinstance(labels, Sequence) else list(labels)
    text = "\n".join(labels)
    # Nearly always no label has to change; looking for what must change in the whole text is ten times faster.
    is_plain = text.count("\n") < max(1, len(labels)) and not any(chr(code) in text for code in _FLAT if code != _BREAK)
    if not is_plain or max(map(len, labels), default=0) > LONGEST_LABEL:
        text = "\n".join(label.translate(_FLAT)[:LONGEST_LABEL] for label in labels)
    return text.encode("utf-8", errors="replace")


@dataclass(frozen=True)
class Column:
    """A metadata column encoded for coloring the map.

    Parameters
    ----------
    values
        Categories: `(n_keys,)` uint8 codes, most frequent first, `OTHER` for the rest, `MISSING` for none.
        Numbers: `(n_keys,)` float32, NaN for none.
    legend
        JSON: `kind` ("categories" or "numbers"), and `categories` (label, count) and `n_other`, or `min`, `max`, `log`.
        The distortion has a kind of its own (see `trust_columns`).
    """

    values: npt.NDArray[np.uint8] | npt.NDArray[np.float32]
    legend: Mapping[str, Any]


def known_column(metadata: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Return the metadata column called `name`; raises `NotFoundError`, which lists others, if there is none."""
    if name not in metadata.columns:
        raise NotFoundError(
            "There is no such column.",
            received=name,
            remedy=f"Known columns: {', '.join(map(str, metadata.columns[:20]))}.",
        )
    return metadata[name]


def column(metadata: pd.DataFrame, name: str) -> Column:
    """Return the metadata column called `name` as colors.

    Raises
    ------
    NotFoundError
        There is no such column.
    """
    series = known_column(metadata, name)
    if pd.api.types.is_bool_dtype(series) or not pd.api.types.is_numeric_dtype(series):
        return _categories(series.map(_category, na_action=None))
    if series.nunique() <= MOST_CATEGORIES and pd.api.types.is_integer_dtype(series):
        return _categories(series.map(_category, na_action=None))
    return _numbers(series.to_numpy(dtype=np.float32, na_value=np.nan))


def _category(value: Any) -> str | None:
    """Return the category of a cell; the first one if there are several (a film's genres)."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return _category(value[0]) if len(value) else None
    # NaN and NaT of any type differ from themselves.
    if value is None or value is pd.NA or value != value:
        return None
    text = str(value).split("|", 1)[0].translate(_FLAT).strip()
    return text[:LONGEST_LABEL] or None


def _categories(series: pd.Series[Any]) -> Column:
    counts = series.value_counts()
    categories = list(counts.index[:MOST_CATEGORIES])
    code_of = {category: code for code, category in enumerate(categories)}

    def code(value: Any) -> int:
        return MISSING if value is None or value is pd.NA or value != value else code_of.get(value, OTHER)

    # A column of a text type is of one after the mapping too: the missing values are its own.
    codes = series.map(code, na_action=None)
    legend = {
        "kind": "categories",
        "categories": [[category, int(counts[category])] for category in categories],
        "n_other": int(counts.iloc[MOST_CATEGORIES:].sum()),
        "n_missing": int((codes == MISSING).sum()),
    }
    return Column(codes.to_numpy(dtype=np.uint8), legend)


def _numbers(values: npt.NDArray[np.float32]) -> Column:
    finite = values[np.isfinite(values)]
    values = np.where(np.isfinite(values), values, np.float32(np.nan)).astype(np.float32)
    if not len(finite):
        return Column(values, {"kind": "numbers", "min": 0.0, "max": 0.0, "log": False})
    least, most = float(finite.min()), float(finite.max())
    return Column(values, {"kind": "numbers", "min": least, "max": most, "log": is_skewed(finite)})


def is_skewed(finite: npt.NDArray[np.float32]) -> bool:
    """Return whether numbers need a logarithmic scale, on which alone most of them differ."""
    # Frequencies follow a power law: on a linear scale all but a few points would have the same color.
    return bool(finite.min() >= 0 and finite.max() > _SKEWED * max(float(np.median(finite)), 1e-9))


def column_bytes(column: Column) -> bytes:
    """Return the length of the legend (uint32, little-endian), the legend (JSON, padded to 4 bytes) and the values."""
    legend = json.dumps(
        {**column.legend, "dtype": column.values.dtype.name}, ensure_ascii=False, allow_nan=False
    ).encode(errors="replace")
    legend += b" " * (-len(legend) % 4)
    return struct.pack("<I", len(legend)) + legend + np.ascontiguousarray(column.values).tobytes()


def colorable(metadata: pd.DataFrame) -> list[str]:
    """Return the columns worth coloring by: not constant, and not different for every key."""
    names = []
    for name in metadata.columns:
        series = metadata[name]
        if pd.api.types.is_numeric_dtype(series):
            if series.nunique() > 1:
                names.append(str(name))
            continue
        n_values = series.map(_category, na_action=None).nunique()
        if 1 < n_values <= max(50, len(series) // 2):
            names.append(str(name))
    return names


def neighbor_rows(embedding: Embedding, index: int, topn: int, min_count: int = 0) -> list[list[Any]]:
    """Return the nearest neighbors of key number `index` as rows of index, label, cosine similarity."""
    return _answer_rows(embedding, neighbors(embedding, embedding.keys[index], topn, min_count))


def _answer_rows(embedding: Embedding, answers: Sequence[Answer]) -> list[list[Any]]:
    return [[embedding.index(answer.key), answer.label, round(float(answer.score), 6)] for answer in answers]


def placed_row(embedding: Embedding, word: str, place: Place, nearest: Sequence[Answer]) -> dict[str, Any]:
    """Return an out-of-vocabulary word with its position, how the position was computed, and its neighbors."""
    at = [float(value) for value in place.coordinates]
    return {"word": word, "at": at, "how": place.how, "neighbors": _answer_rows(embedding, nearest)}


def search_rows(embedding: Embedding, text: str, n: int) -> list[list[Any]]:
    """Return the matches of `text` as rows of index, label."""
    if not text.strip():
        return []
    matches = search(embedding, text, n)
    labels = [each.label for each in matches]
    return [
        [each.row, each.label if labels.count(each.label) == 1 else f"{each.label} · {one_line(each.key, 20)}"]
        for each in matches
    ]
