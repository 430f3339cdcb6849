"""Colorblind-safe colors for light and dark themes, and the common style of all figures."""

from __future__ import annotations

from typing import Any, Literal

import plotly.graph_objects as go

Theme = Literal["light", "dark"]

# Okabe, M., Ito, K. (2008). Color universal design. https://jfly.uni-koeln.de/color/ ; the yellow is darker in the
# light theme and all colors are lighter in the dark theme, so that each has a contrast of at least 3:1.
CATEGORIES: dict[Theme, tuple[str, ...]] = {
    "light": ("#0072B2", "#D55E00", "#008560", "#B65C8D", "#8A6D00", "#3A87B7", "#5B5B5B"),
    "dark": ("#56B4E9", "#E69F00", "#2CC295", "#E58FC0", "#F0E442", "#8FA8FF", "#BDBDBD"),
}
TEXT: dict[Theme, str] = {"light": "#1F2933", "dark": "#F1F4F8"}
MUTED: dict[Theme, str] = {"light": "#767F8A", "dark": "#8E99A6"}
GRID: dict[Theme, str] = {"light": "rgba(31,41,51,0.14)", "dark": "rgba(241,244,248,0.16)"}
BOX: dict[Theme, str] = {"light": "rgba(0,114,178,0.10)", "dark": "rgba(86,180,233,0.16)"}
#: Diverging color scale, for numbers around zero.
DIVERGING: dict[Theme, list[tuple[float, str]]] = {
    "light": [(0, "#D55E00"), (0.5, "#F7F7F7"), (1, "#0072B2")],
    "dark": [(0, "#E69F00"), (0.5, "#22272E"), (1, "#56B4E9")],
}
CLEAR = "rgba(0,0,0,0)"


def category_color(position: int, theme: Theme) -> str:
    """Return the color of the category at `position`; colors repeat after seven."""
    colors = CATEGORIES[theme]
    return colors[position % len(colors)]


def new_figure(theme: Theme, *, title: str = "", height: int | None = None, **layout: Any) -> go.Figure:
    """Return an empty figure with a transparent ground and letters large enough for a projector."""
    axis: dict[str, Any] = {
        "gridcolor": GRID[theme],
        "zerolinecolor": GRID[theme],
        "linecolor": GRID[theme],
        "automargin": True,
    }
    # Plotly writes titles of axes larger than anything else on the page.
    axis["title"] = {"font": {"size": 15}}
    # All at once: Plotly checks and copies the whole layout at every update.
    figure = go.Figure(
        layout={
            "template": "none",
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
            "font": {"size": 15, "color": TEXT[theme]},
            "title": {"text": title, "x": 0, "xanchor": "left", "font": {"size": 17}} if title else None,
            "margin": {"l": 16, "r": 16, "t": 44 if title else 16, "b": 16},
            "height": height,
            "showlegend": False,
            "colorway": list(CATEGORIES[theme]),
            "hoverlabel": {"font": {"size": 15}},
            "xaxis": axis,
            "yaxis": axis,
        }
    )
    if layout:
        # A title given as a text takes its font away.
        figure.update_layout(layout).update_layout(xaxis_title_font_size=15, yaxis_title_font_size=15)
    return figure
