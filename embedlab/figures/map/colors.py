"""The colors of a map's points, as a picture needs them: categories or numbers, and a legend."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

#: Colors of categories as the page gives them on a light background: seven of the light theme in
#: `.streamlit/config.toml`, and those that `categoryColors` in `static/map/palettes.js` makes for more.
CATEGORY_COLORS: Final = (
    "#0072b2", "#cc7a00", "#00855f", "#c4629a", "#c94f00", "#3397cf", "#8a6d00", "#2123af", "#503952", "#781d00",
    "#3e76fd", "#81be6b", "#5fb2f8", "#464192", "#595776", "#184ace", "#844830", "#749c66", "#f68c11", "#478df5",
    "#a947a3", "#ce858e", "#406452", "#592773", "#3f6dd7", "#5a3832", "#61a6cc", "#437172", "#7925b5", "#4c2191",
)  # fmt: skip
#: Categories of a column with a color of their own, as on the page by default.
N_CATEGORIES: Final = 12
#: The gray of the rest; the colors of numbers from low to high, of the same theme.
OTHER_COLOR: Final = "#a4acb3"
SEQUENCE_COLORS: Final = (
    "#a8cf3a", "#7cc752", "#52b96b", "#33a97c", "#249885", "#26828e", "#306f8e", "#3a578c", "#443c80", "#44185f",
)  # fmt: skip
SINGLE_COLOR: Final = "#0a6480"
#: The border of a map that is a disc: the color of the text at less than half of its opacity, as on the page.
BORDER_COLOR: Final = "#989ca1"
#: Code of points without a category of their own.
OTHER: Final = -1
_SKEWED = 20.0
_LONGEST = 200


@dataclass(frozen=True, eq=False)
class MapColors:
    """What colors the points.

    Parameters
    ----------
    title
        Heading of the legend.
    codes
        `(n_points,)` category of each point, `OTHER` for the rest; None for numbers.
    names
        The categories.
    values
        `(n_points,)` numbers, NaN for none; None for categories.
    other
        What the rest is.
    """

    title: str
    codes: npt.NDArray[np.int64] | None = None
    names: tuple[str, ...] = ()
    values: npt.NDArray[np.float64] | None = None
    other: str = "other"

    def rows(self, rows: npt.NDArray[np.int64]) -> MapColors:
        """Return the colors of some of the points."""
        codes = None if self.codes is None else self.codes[rows]
        values = None if self.values is None else self.values[rows]
        return replace(self, codes=codes, values=values)

    @property
    def is_skewed(self) -> bool:
        """Whether the numbers need a logarithmic scale: frequencies follow a power law."""
        finite = self.finite
        return bool(len(finite) and finite.min() >= 0 and finite.max() > _SKEWED * max(float(np.median(finite)), 1e-9))

    @property
    def finite(self) -> npt.NDArray[np.float64]:
        """The numbers that are not missing."""
        values = np.empty(0) if self.values is None else self.values
        return values[np.isfinite(values)]

    def shares(self) -> npt.NDArray[np.float64]:
        """Return the place of each number on the scale, from 0 to 1; NaN for none."""
        values = np.empty(0) if self.values is None else self.values
        warp = np.log1p if self.is_skewed else np.asarray
        scaled, finite = warp(values), warp(self.finite)
        if not len(finite):
            return np.full(len(scaled), np.nan)
        span = float(finite.max() - finite.min()) or 1.0
        shares: npt.NDArray[np.float64] = (scaled - float(finite.min())) / span
        return np.where(np.isfinite(shares), shares, np.nan)

    def point_colors(self) -> list[str]:
        """Return the color of each point as `#rrggbb`."""
        if self.codes is not None:
            palette = [*CATEGORY_COLORS[: len(self.names)], OTHER_COLOR]
            return [palette[code if 0 <= code < len(palette) - 1 else -1] for code in self.codes.tolist()]
        last = len(SEQUENCE_COLORS) - 1
        return [
            OTHER_COLOR if math.isnan(share) else SEQUENCE_COLORS[min(last, int(share * len(SEQUENCE_COLORS)))]
            for share in self.shares().tolist()
        ]

    def legend(self) -> list[tuple[str, str, int]]:
        """Return name, color and number of points of each category; empty for numbers."""
        if self.codes is None:
            return []
        counts = Counter(self.codes.tolist())
        rows = [
            (name, color, counts[at]) for at, (name, color) in enumerate(zip(self.names, CATEGORY_COLORS, strict=False))
        ]
        n_other = len(self.codes) - sum(count for _, _, count in rows)
        return [*rows, (self.other, OTHER_COLOR, n_other)] if n_other else rows


def column_colors(values: pd.Series[Any], title: str) -> MapColors:
    """Return the colors of a metadata column: numbers, or its most frequent categories.

    The category of a cell with several (a film's genres) is the first one.
    """
    few = N_CATEGORIES
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if is_number and not (pd.api.types.is_integer_dtype(values) and values.nunique() <= few):
        return MapColors(title, values=values.to_numpy(dtype=np.float64, na_value=np.nan))
    categories = [_category(value) for value in values]
    names = tuple(name for name, _ in Counter(filter(None, categories)).most_common(few))
    code_of = {name: code for code, name in enumerate(names)}
    codes = np.array([OTHER if each is None else code_of.get(each, OTHER) for each in categories], dtype=np.int64)
    return MapColors(title, codes, names)


def group_colors(codes: npt.NDArray[Any], names: Sequence[str], title: str, other: str) -> MapColors:
    """Return the colors of groups; a code that is not the number of a name is the rest."""
    known = codes.astype(np.int64)
    most = min(len(names), len(CATEGORY_COLORS))
    return MapColors(title, np.where(known < most, known, OTHER), tuple(names[:most]), other=other)


def _category(value: Any) -> str | None:
    if isinstance(value, (list, tuple, np.ndarray)):
        return _category(value[0]) if len(value) else None
    # NaN and NaT of any type differ from themselves.
    if value is None or value is pd.NA or value != value:
        return None
    return str(value).split("|", 1)[0].strip()[:_LONGEST] or None
