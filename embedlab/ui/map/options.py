"""The options of the map: projection, colors, names, new maps, the film."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from embedlab.core.embedding import COUNT_COLUMN
from embedlab.projections.registry import settings_text, title_of
from embedlab.ui.map import appearance, axes, color_columns, pictures
from embedlab.ui.map.bookmarks import panel as bookmarks
from embedlab.ui.map.bookmarks import shown
from embedlab.ui.map.clusters import missing_clusters
from embedlab.ui.map.film import replay
from embedlab.ui.map.layout_facts import settings_suffix
from embedlab.ui.map.new_map import layout_facts, new_map_menu, projection_jobs, watch_projections
from embedlab.ui.map.selecting.isolating import isolated_list, isolated_title
from embedlab.ui.map.trust import trust_columns
from embedlab.ui.map.trust.measures import trust
from embedlab.ui.map.view import View
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import page_link, unique_names
from embedlab.ui.shell.open_dialog import opened
from embedlab.ui.shell.plain import one_line
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow

#: Value of the URL parameter for a single color.
_NO_COLOR = "-"


def projection_title(row: ProjectionRow) -> str:
    """Return a projection's name: method, dimensions, settings."""
    return _short_title(row) + _settings(row)


def projection_titles(rows: Sequence[ProjectionRow]) -> dict[str, str]:
    """Return a title for each projection by id: method and dimensions, and settings if those are the same."""
    title_counts = Counter(map(_short_title, rows))
    return unique_names(
        {row.id: projection_title(row) if title_counts[_short_title(row)] > 1 else _short_title(row) for row in rows}
    )


def _short_title(row: ProjectionRow) -> str:
    return f"{title_of(row.method)} {row.n_components}-D"


def _settings(row: ProjectionRow) -> str:
    parts = [settings_text(row.method, row.parameters), f"seed {row.seed}" if row.seed else "", settings_suffix(row)]
    return "".join(f", {part}" for part in parts if part)


@dataclass(frozen=True)
class State:
    """What the options show that the map and its details can change."""

    projection: ProjectionRow
    projections: tuple[ProjectionRow, ...]
    isolated: tuple[str, ...]
    jobs: tuple[str, ...]
    columns: tuple[str, ...]
    color: str | None
    bookmark: shown.Shown | None
    edited: shown.Edited | None


def state_of(view: View) -> State:
    """Return what the options show of this view."""
    return State(
        view.projection,
        tuple(view.projections),
        tuple(row.id for row in resources.workspace().isolated_maps(view.row.id)),
        tuple(job.id for job in projection_jobs(view.row.id) if job.status.is_active),
        tuple(view.columns),
        view.color,
        shown.shown(view.row.id),
        opened(shown.EDIT),
    )


def options_panel(view: View) -> None:
    """Draw the options: projection, color, size, names."""
    titles = projection_titles(view.projections)
    if view.projection.n_isolated is not None:
        titles[view.projection.id] = isolated_title(view.projection)
    _option("projection", "Projection", list(titles), view.projection.id, titles)
    names = unique_names({_NO_COLOR: "One color"} | {name: color_title(name) for name in view.columns})
    _option("color", "Color", list(names), view.color or _NO_COLOR, names)
    trust(view, titles)
    layout_facts(view.projection)
    axes.components_panel(view.projection, view.projections)
    if COUNT_COLUMN in view.embedding.metadata.columns:
        st.toggle("Size by count", key="map:size", persist_state="session")
    # A bookmark sets it, so that the default is not the toggle's own.
    st.session_state.setdefault("map:names", True)
    st.toggle("Names", key="map:names", persist_state="session")
    if pictures.pictures_of(view.row) is not None:
        st.session_state.setdefault(pictures.SHOWN, True)
        st.toggle("Pictures", key=pictures.SHOWN, persist_state="session")
    appearance.draw(view.row.id)
    missing_clusters.draw(view.row)
    new_map_menu(view.row, view.projections, view.projection)
    isolated_list(view)
    replay.switch(view.row, view.projection)
    # Without the key, which a pick changes without drawing this link again. The session has it.
    compared = {**current.link(embedding=view.row.id), "view": "two", "compared": view.row.id}
    compared.pop("key", None)
    page_link("runs", label="Compare with another", icon=":material/compare_arrows:", query=compared)
    bookmarks.draw(view)


def follow_jobs(row: EmbeddingRow) -> None:
    """Follow what is computed in the background while the options are folded; draws nothing."""
    missing_clusters.draw(row, shows_progress=False)
    if any(job.status.is_active for job in projection_jobs(row.id)):
        watch_projections(row.id, shows_progress=False)


def color_title(name: str) -> str:
    """Return the name of a color column for people."""
    layer = color_columns.cluster_layer(name)
    if layer is not None:
        return ("Clusters", "Finer clusters", "Finest clusters")[min(layer, 2)]
    return trust_columns.TITLES.get(name) or one_line(name, 40)


def _option(name: str, label: str, options: list[str], chosen: str, titles: dict[str, str]) -> None:
    key = f"map:{name}"
    st.session_state[key] = chosen
    st.selectbox(
        label,
        options,
        format_func=lambda option: titles.get(option, option),
        key=key,
        on_change=lambda: current.put(name, st.session_state[key]),
    )
