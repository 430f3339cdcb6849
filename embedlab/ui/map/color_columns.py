"""Columns as colors of the map: numbers, as many categories as there are, lists of values, layers of clusters."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import NotFoundError
from embedlab.core.plain import one_line
from embedlab.exploration.clusters import NO_GROUP, Clusters
from embedlab.ui.map.data import LONGEST_LABEL, MOST_CATEGORIES, is_skewed, known_column

#: Categories that a legend offers; the rest is "other". The browser colors the first of them, as many as it is told to.
MOST_OFFERED = 500
#: Name of the color column of the coarsest clusters; finer layers have a number after a dot.
CLUSTERS = "~clusters"
#: All layers of clusters at once, for names on the map and the list of clusters.
LAYERS = "~layers"
#: Values of one cell that count, such as the genres of a film.
_MOST_VALUES_OF_A_CELL = 20
#: Values after the first one of all cells together.
_MOST_FURTHER = 4_000_000
_LAYER = re.compile(r"~clusters(?:\.([1-9]))?")

Codes = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

#: Colors of numbers of both signs reach as far as this share of them, if others are this many times as far.
_USUAL_SHARE, _EXTREME = 0.95, 1.5


@dataclass(frozen=True, eq=False)
class ColorColumn:
    """A column encoded for coloring the map.

    Parameters
    ----------
    values
        Categories: `(n_keys,)` codes, most frequent first; uint8 if there are at most 254, otherwise uint16.
        Numbers: `(n_keys,)` float32, NaN for none.
    legend
        JSON: `kind` ("categories", "numbers" or "layers"), and `categories` (label, count), `n_other`, `n_missing` and
        their codes, or `min`, `max`, `log`, and `middle` for numbers of both signs, with `reach` if the colors end at
        this distance from the middle: a few values are much farther.
    rows, codes
        `(m,)` uint32 and uint16: the values after the first one of cells with several, by row.
    """

    values: Codes | npt.NDArray[np.float32]
    legend: Mapping[str, Any]
    rows: npt.NDArray[np.uint32] = field(default_factory=lambda: np.empty(0, np.uint32))
    codes: npt.NDArray[np.uint16] = field(default_factory=lambda: np.empty(0, np.uint16))

    def as_bytes(self) -> bytes:
        """Return the length of the legend (uint32, little-endian), the legend, the values, further rows and codes.

        The legend is JSON; it and the values are padded to 4 bytes.
        """
        legend = {**self.legend, "dtype": self.values.dtype.name, "n_further": len(self.rows)}
        text = json.dumps(legend, ensure_ascii=False, allow_nan=False).encode(errors="replace")
        text += b" " * (-len(text) % 4)
        values = np.ascontiguousarray(self.values).tobytes()
        values += b"\0" * (-len(values) % 4)
        further = self.rows.astype("<u4").tobytes() + self.codes.astype("<u2").tobytes()
        return struct.pack("<I", len(text)) + text + values + further


def color_column(metadata: pd.DataFrame, name: str) -> ColorColumn:
    """Return the metadata column called `name` as colors.

    Raises
    ------
    NotFoundError
        There is no such column.
    """
    series = known_column(metadata, name)
    if pd.api.types.is_numeric_dtype(series) and not pd.api.types.is_bool_dtype(series):
        if series.nunique() > MOST_CATEGORIES or not pd.api.types.is_integer_dtype(series):
            return _numbers(series.to_numpy(dtype=np.float32, na_value=np.nan))
        series = series.map(str, na_action="ignore")
    return _categories([values_of(cell) for cell in series])


def values_of(cell: Any) -> list[str]:
    """Return the different values of a cell: those of a list, and those that `|` separates.

    Examples
    --------
    >>> values_of("Drama|Crime"), values_of(["a", ["b", "a"]]), values_of(None)
    (['Drama', 'Crime'], ['a', 'b'], [])
    """
    if isinstance(cell, (list, tuple, np.ndarray)):
        values = list(dict.fromkeys(chain.from_iterable(values_of(each) for each in cell[:_MOST_VALUES_OF_A_CELL])))
        return values[:_MOST_VALUES_OF_A_CELL]
    if cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
        return []
    parts = str(cell).split("|", _MOST_VALUES_OF_A_CELL)[:_MOST_VALUES_OF_A_CELL]
    return [
        name for name in dict.fromkeys(one_line(part[: 4 * LONGEST_LABEL], LONGEST_LABEL) for part in parts) if name
    ]


def _categories(cells: Sequence[Sequence[str]]) -> ColorColumn:
    flat = pd.Series(list(chain.from_iterable(cells)), dtype=object)
    row_of = np.repeat(np.arange(len(cells)), [len(values) for values in cells])
    counts = flat.value_counts()
    names = [str(name) for name in counts.index[:MOST_OFFERED]]
    other, missing = rest_codes(len(names))
    code_of = {name: code for code, name in enumerate(names)}
    every = np.array([code_of.get(value, other) for value in flat], dtype=np.uint16)
    codes = np.full(len(cells), missing, dtype=np.uint16)
    rows, firsts = np.unique(row_of, return_index=True)
    codes[rows] = every[firsts]
    is_further = np.ones(len(every), dtype=bool)
    is_further[firsts] = False
    further = np.flatnonzero(is_further & (every != other))[:_MOST_FURTHER]
    legend = {
        "kind": "categories",
        "categories": [[name, int(counts.iloc[code])] for code, name in enumerate(names)],
        "n_other": int((codes == other).sum()),
        "n_missing": int((codes == missing).sum()),
        "other_code": other,
        "missing_code": missing,
        "n_categories": len(counts),
    }
    return ColorColumn(_packed(codes, missing), legend, row_of[further].astype(np.uint32), every[further])


def rest_codes(n_categories: int) -> tuple[int, int]:
    """Return the codes of "other" and "missing": the largest ones of the smallest type that suffices.

    Examples
    --------
    >>> rest_codes(254), rest_codes(255)
    ((254, 255), (65534, 65535))
    """
    most = np.iinfo(np.uint8).max if n_categories < np.iinfo(np.uint8).max else np.iinfo(np.uint16).max
    return int(most) - 1, int(most)


def _packed(codes: npt.NDArray[np.uint16], missing: int) -> Codes:
    return codes.astype(np.uint8) if missing <= np.iinfo(np.uint8).max else codes


def _numbers(values: npt.NDArray[np.float32]) -> ColorColumn:
    finite = values[np.isfinite(values)]
    values = np.where(np.isfinite(values), values, np.float32(np.nan)).astype(np.float32)
    legend: dict[str, Any] = {"kind": "numbers", "min": 0.0, "max": 0.0, "log": False}
    if len(finite):
        legend |= {"min": float(finite.min()), "max": float(finite.max()), "log": is_skewed(finite)}
    legend["n_missing"] = int(np.isnan(values).sum())
    if legend["min"] < 0 < legend["max"]:
        legend["middle"] = 0.0
        distances = np.abs(finite)
        usual = float(np.quantile(distances, _USUAL_SHARE))
        # A few extreme values would leave one pale color for all others.
        if 0 < usual * _EXTREME < float(distances.max()):
            legend["reach"] = usual
    return ColorColumn(values, legend)


def cluster_layer(name: str) -> int | None:
    """Return the layer of clusters that a color column shows, the coarsest is 0; None for other columns.

    Examples
    --------
    >>> cluster_layer("~clusters"), cluster_layer("~clusters.2"), cluster_layer("genres")
    (0, 2, None)
    """
    match = _LAYER.fullmatch(name)
    return int(match[1] or 0) if match else None


def layer_column(layer: int) -> str:
    """Return the name of the color column of a layer of clusters."""
    return CLUSTERS if layer == 0 else f"{CLUSTERS}.{layer}"


def cluster_column(clusters: Clusters, layer: int = 0) -> ColorColumn:
    """Return a layer of clusters as colors; other for keys without a cluster.

    Raises
    ------
    NotFoundError
        There is no such layer.
    """
    if layer >= len(clusters.layers):
        raise NotFoundError("There is no such layer of clusters.", received=layer)
    chosen = clusters.layers[layer]
    other, missing = rest_codes(len(chosen.names))
    codes = np.where(chosen.codes == NO_GROUP, np.uint16(other), chosen.codes)
    legend = {
        "kind": "categories",
        "title": "Clusters",
        "categories": _named(chosen.names, chosen.sizes),
        "parents": _ancestors(clusters, layer),
        "n_other": int((chosen.codes == NO_GROUP).sum()),
        "other": "stop words" if clusters.has_stop_words else "no cluster",
        "n_missing": 0,
        "other_code": other,
        "missing_code": missing,
        "n_categories": len(chosen.names),
    }
    return ColorColumn(_packed(codes, missing), legend)


def layers_column(clusters: Clusters) -> ColorColumn:
    """Return all layers of clusters: the codes of the finest, and the names, counts and parents of each."""
    layers = [
        {"categories": _named(layer.names, layer.sizes), "parents": layer.parents.tolist()} for layer in clusters.layers
    ]
    return ColorColumn(clusters.layers[-1].codes, {"kind": "layers", "layers": layers, "missing_code": NO_GROUP})


def _named(names: Sequence[str], sizes: npt.NDArray[np.int64]) -> list[list[Any]]:
    return [[one_line(name, LONGEST_LABEL), size] for name, size in zip(names, sizes.tolist(), strict=True)]


def _ancestors(clusters: Clusters, layer: int) -> list[int]:
    """Return the coarsest cluster that contains each group of a layer: parts have colors like that of the whole."""
    groups = list(range(len(clusters.layers[layer].names)))
    for each in reversed(clusters.layers[1 : layer + 1]):
        groups = [int(each.parents[group]) for group in groups]
    return groups
