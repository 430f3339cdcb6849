"""How the points of the map look: palette, number of colored categories, size, opacity, shape."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.core.roles import role
from embedlab.ui.map.color_columns import MOST_OFFERED, values_of
from embedlab.ui.map.data import MOST_CATEGORIES
from embedlab.ui.shell import resources
from embedlab.workspace.bookmarks.bookmark import PointsLook

#: Palettes of categories and scales of numbers, which `palettes.js` contains, with their titles.
PALETTES = {"okabe-ito": "Okabe-Ito", "tol": "Tol", "generated": "Generated"}
SCALES = {"viridis": "Viridis", "cividis": "Cividis", "magma": "Magma"}
#: Values of a column that shapes can distinguish.
MOST_SHAPES = 6
_NUMBERS_OF_CATEGORIES = (4, 8, MOST_CATEGORIES, 20, 50, 100, 200, MOST_OFFERED)
_FACTORS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
_PALETTE, _SCALE, _CATEGORIES, _SIZE, _OPACITY, _SHAPE = (
    f"map:{name}" for name in ("palette", "scale", "categories", "point-size", "opacity", "shape")
)


@dataclass(frozen=True)
class Appearance:
    """The look of the points.

    Parameters
    ----------
    palette, scale
        Of `PALETTES` for categories, and of `SCALES` for numbers.
    n_categories
        How many categories have a color of their own; the rest is "other".
    size, opacity
        Factors of what the map chooses by the number of points in view.
    shape
        The column whose values have shapes; None if all points are circles.
    """

    palette: str = "okabe-ito"
    scale: str = "viridis"
    n_categories: int = MOST_CATEGORIES
    size: float = 1.0
    opacity: float = 1.0
    shape: str | None = None

    def as_data(self) -> dict[str, Any]:
        """Return the data for the browser."""
        return {
            "palette": self.palette,
            "scale": self.scale,
            "n_categories": self.n_categories,
            "size_factor": self.size,
            "opacity_factor": self.opacity,
            "shape": self.shape,
        }


#: What a user sees who has chosen nothing.
PLAIN = Appearance()


def read(embedding_id: str) -> Appearance:
    """Return the look that the user chose."""
    state, plain = st.session_state, PLAIN
    columns, default = _shape_columns(embedding_id)
    shape = state.get(f"{_SHAPE}:{embedding_id}", default)
    return Appearance(
        state.get(_PALETTE, plain.palette),
        state.get(_SCALE, plain.scale),
        state.get(_CATEGORIES, plain.n_categories),
        state.get(_SIZE, plain.size),
        state.get(_OPACITY, plain.opacity),
        shape if shape in columns else None,
    )


def for_bookmark(embedding_id: str) -> PointsLook:
    """Return the look as a bookmark stores it."""
    return PointsLook(**asdict(read(embedding_id)))


def put(embedding_id: str, look: PointsLook) -> None:
    """Choose the look of a bookmark, as far as this version offers it. Call it before the options are drawn."""
    plain, columns = PLAIN, _shape_columns(embedding_id)[0]
    st.session_state.update(
        {
            _PALETTE: look.palette if look.palette in PALETTES else plain.palette,
            _SCALE: look.scale if look.scale in SCALES else plain.scale,
            _CATEGORIES: look.n_categories if look.n_categories in _NUMBERS_OF_CATEGORIES else plain.n_categories,
            _SIZE: look.size if look.size in _FACTORS else plain.size,
            _OPACITY: look.opacity if look.opacity in _FACTORS else plain.opacity,
            f"{_SHAPE}:{embedding_id}": look.shape if look.shape in columns else None,
        }
    )


def draw(embedding_id: str) -> None:
    """Draw the options."""
    columns, default = _shape_columns(embedding_id)
    shape = f"{_SHAPE}:{embedding_id}"
    # A bookmark sets them, so that the defaults are not the widgets' own.
    plain = {_PALETTE: PLAIN.palette, _SCALE: PLAIN.scale, _CATEGORIES: PLAIN.n_categories, _SIZE: 1.0, _OPACITY: 1.0}
    for key, value in (plain | {shape: default}).items():
        st.session_state.setdefault(key, value)
    expander = st.expander("Points and colors", key="expander-appearance", on_change="rerun")
    # Half of what the browser has to draw for the options would be hidden.
    if not expander.open:
        return
    with expander:
        _choice("Palette", _PALETTE, PALETTES, "Colors of categories. All are safe for color blindness.")
        st.select_slider(
            "Colored categories",
            _NUMBERS_OF_CATEGORIES,
            key=_CATEGORIES,
            persist_state="session",
            help="The most frequent categories have a color; the rest is “other”.",
        )
        _choice("Scale", _SCALE, SCALES, "Colors of numbers. Numbers of both signs have a middle color.")
        for label, key in (("Size", _SIZE), ("Opacity", _OPACITY)):
            st.select_slider(
                label, _FACTORS, key=key, persist_state="session", format_func=lambda factor: f"{factor:g} x"
            )
        if columns:
            st.selectbox(
                "Shape",
                [None, *columns],
                key=shape,
                persist_state="session",
                format_func=lambda name: "Circles" if name is None else one_line(name, 40),
                help=f"A column with at most {MOST_SHAPES} different values.",
            )


def _choice(label: str, key: str, titles: dict[str, str], text: str) -> None:
    st.selectbox(
        label,
        list(titles),
        format_func=lambda name: titles.get(name, name),
        key=key,
        persist_state="session",
        help=text,
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _shape_columns(embedding_id: str) -> tuple[list[str], str | None]:
    """Return the columns whose values shapes can distinguish, and the one that has shapes unless another is chosen."""
    columns = shape_columns(resources.load_embedding(embedding_id).metadata)
    default = role(resources.workspace().embedding(embedding_id).name).shape_column
    return columns, default if default in columns else None


def shape_columns(metadata: pd.DataFrame) -> list[str]:
    """Return the columns whose values shapes can distinguish: those with 2 to 6 different first values."""
    names = []
    for name in metadata.columns:
        series = metadata[name]
        if pd.api.types.is_float_dtype(series):
            continue
        values: set[str] = set()
        for cell in series:
            values.update(values_of(cell)[:1])
            if len(values) > MOST_SHAPES:
                break
        if 2 <= len(values) <= MOST_SHAPES:
            names.append(str(name))
    return names
