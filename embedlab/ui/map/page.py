"""The parts of the Map page: options, map, details, selection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.core.counts import key_counts
from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.roles import first_color
from embedlab.exploration.asking.drawing import Drawing, MapQuery
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.projections.registry import first_method, settings_text, title_of
from embedlab.ui.map import data as map_data
from embedlab.ui.map import drawn_query, film_data, missing_clusters, selection, unknown_words
from embedlab.ui.map.component import (
    BoxEvent,
    ClearQueryEvent,
    MapEvent,
    PickEvent,
    PlaceEvent,
    SelectEvent,
    embedlab_map,
    selection_number,
)
from embedlab.ui.map.guest_panel import placed_word, unknown_name
from embedlab.ui.map.layout_facts import layout_sentences, settings_suffix
from embedlab.ui.map.live_layout import watched
from embedlab.ui.map.new_map import (
    FOUND,
    FOUND_MAP,
    new_map_menu,
    projection_jobs,
    show_failure,
    start_projection,
    watch_projections,
)
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.shell.frame import page_link, unique_names
from embedlab.ui.shell.plain import one_line, plain
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets import film
from embedlab.ui.widgets.bar_list import bar_list
from embedlab.ui.widgets.min_count import Rarity, counts_text, min_count_control, read_rarity
from embedlab.ui.widgets.original_text import original_text
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow

_KEY = "map"
_TAB = "map:tab"
_QUERY, _PICKED, _SELECTION = "Query", "Picked", "Selection"
_DRAWN = "map:drawn"
#: Value of the URL parameter for a single color.
_NO_COLOR = "-"


@dataclass(frozen=True)
class View:
    """State of the page: an embedding, one of its projections, and the columns that can color it."""

    row: EmbeddingRow
    embedding: Embedding
    projections: list[ProjectionRow]
    projection: ProjectionRow
    columns: list[str] = field(default_factory=list)
    query: MapQuery | None = None
    drawing: Drawing | EmbedLabError | None = None

    @property
    def rarity(self) -> Rarity:
        """The minimum count of neighbors."""
        return read_rarity(self.row.name, self.embedding)

    @property
    def color(self) -> str | None:
        """The column to color by: the chosen one, otherwise labels or genres, otherwise clusters."""
        chosen = current.get("color")
        options = [chosen] if chosen else [first_color(self.row.name, self.embedding.metadata), map_data.CLUSTERS]
        return next((name for name in options if name in self.columns), None)

    @property
    def has_clusters(self) -> bool:
        """Whether the keys have clusters."""
        return map_data.CLUSTERS in self.columns

    @property
    def picked(self) -> int | None:
        """Index of the current key; None if there is none or it is not in this embedding."""
        key = current.get("key")
        return None if key is None else self.embedding.key_to_index.get(key)

    @property
    def unknown(self) -> str | None:
        """The current key if it is not in this embedding."""
        return current.get("key") if self.picked is None else None

    @property
    def word(self) -> str | None:
        """The out-of-vocabulary word that can be placed by its subwords; None if there is none."""
        text = self.unknown
        return None if text is None else unknown_words.placeable(self.row, self.embedding, text)


@st.cache_resource(max_entries=16, show_spinner=False)
def _columns(embedding_id: str) -> list[str]:
    return map_data.colorable(resources.load_embedding(embedding_id).metadata)


def open_view(row: EmbeddingRow) -> View | None:
    """Open the embedding, ready for the first click; return None if it has no projection yet."""
    projection = current.current_projection(row.id)
    if projection is None:
        return None
    with st.spinner("Opening the embedding …", show_time=False):
        embedding = resources.load_embedding(row.id)
        _ = embedding.keyed_vectors
    # A link to a query clears the pick, and is not a query for an empty name.
    if current.get("key") == "":
        current.put("key", None)
    # A different spelling of a word in the vocabulary still means that word.
    if (text := current.get("key")) and (key := unknown_words.key_of(row, embedding, text)):
        current.put("key", key)
    projections = resources.workspace().projections(row.id)
    # Clusters may be computed later than the embedding, so they are not cached with the columns.
    clusters = [map_data.CLUSTERS] if resources.has_clusters(row.id) else []
    view = View(row, embedding, projections, projection, clusters + _columns(row.id), drawn_query.read())
    return replace(view, drawing=_drawing(view))


def _drawing(view: View) -> Drawing | EmbedLabError | None:
    """Return the drawing of the query in the address, or why it cannot be drawn; a new query opens its tab."""
    if view.query is None:
        st.session_state.pop(_DRAWN, None)
        return None
    if st.session_state.get(_DRAWN) != view.query:
        st.session_state[_DRAWN], st.session_state[_TAB] = view.query, _QUERY
    try:
        return drawn_query.draw(view.query, view.embedding, view.projection, view.rarity.min_count)
    except EmbedLabError as error:
        return error


def make_first_projection(row: EmbeddingRow) -> None:
    """Compute the first map of an embedding and show its progress; after a failure, only on request."""
    jobs = projection_jobs(row.id)
    method = first_method()
    arguments = (row.id, method.name, method.first_dimensions[0])
    if not jobs:
        start_projection(*arguments)
    elif not jobs[0].status.is_active:
        show_failure(jobs)
        st.button(f"Compute {plain(method.title)} map", type="primary", on_click=start_projection, args=arguments)
        return
    st.markdown(f"## Computing the first map ({plain(method.title)}) …")
    watch_projections(row.id)


# Options on the left


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


def options_panel(view: View) -> None:
    """Draw the options: projection, color, size, names."""
    titles = projection_titles(view.projections)
    _option("projection", "Projection", list(titles), view.projection.id, titles)
    trust(view.projection)
    names = unique_names({_NO_COLOR: "One color"} | {name: _color_title(name) for name in view.columns})
    _option("color", "Color", list(names), view.color or _NO_COLOR, names)
    if COUNT_COLUMN in view.embedding.metadata.columns:
        st.toggle("Size by count", key="map:size", persist_state="session")
    st.toggle("Names", value=True, key="map:names", persist_state="session")
    if not view.has_clusters:
        missing_clusters.draw(view.row)
    new_map_menu(view.row, view.projections, view.projection)
    _film_button(view.row)


def _film_button(row: EmbeddingRow) -> None:
    if film_data.has_film(row.run_id) and st.button(
        "Play film", icon=":material/movie:", key="map:film", help="How this map formed during the training."
    ):
        _film_dialog(str(row.run_id))


@st.dialog("Training film", width="large")
def _film_dialog(run_id: str) -> None:
    film.draw(run_id, key="map:film-player")


def _color_title(name: str) -> str:
    return "Clusters" if name == map_data.CLUSTERS else one_line(name, 40)


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


def trust_sentence(row: ProjectionRow) -> str | None:
    """Return how far to trust the picture, and on how many points that was measured; None if it was not measured."""
    recall = row.quality.get("knn_recall_10")
    if recall is None:
        reasons = row.quality.get("not_computed", {})
        if reason := reasons.get("knn_recall_10"):
            return f"The share of true neighbors in this picture is unknown. {reason}"
        # All measures failed.
        whole: str | None = reasons.get("quality")
        return whole
    sentence = f"This picture keeps {recall:.0%} of each point's 10 nearest neighbors{_sample_text(row.quality)}."
    shares = row.quality.get("explained_variance_ratio")
    return f"{sentence} It shows {sum(shares):.0%} of the variance." if shares else sentence


#: Further measures of a map: their names, titles, and what they say.
_MEASURES = (
    ("trustworthiness", "Trustworthiness", "falls if points that are far apart become neighbors; a random map has 0.5"),
    ("continuity", "Continuity", "falls if neighbors are torn apart; a random map has 0.5"),
    ("distance_spearman", "Rank correlation of distances", "1 if all distances have the right order; random: 0"),
    ("stress", "Scale-normalized stress", "relative error of the distances; 0 is perfect"),
)


def trust_details(quality: Mapping[str, Any]) -> str:
    """Return further measures of a map as a list in Markdown; empty if none was measured."""
    lines = [
        f"- **{title} {quality[name]:.2f}**: {meaning}"
        for name, title, meaning in _MEASURES
        if isinstance(quality.get(name), int | float)
    ]
    return "\n".join(lines)


def _sample_text(quality: Mapping[str, Any]) -> str:
    # Maps from earlier versions lack these values.
    sampled, n_points = quality.get("sampled"), quality.get("n_points")
    if sampled is None or n_points is None:
        return ""
    points = f"all {n_points:,}" if sampled == n_points else f"{sampled:,} of {n_points:,}"
    return f" (measured on {points} points)"


def trust(row: ProjectionRow) -> None:
    """Draw how far to trust the picture."""
    sentence = trust_sentence(row)
    if sentence is not None:
        st.caption(plain(sentence, 300), help=trust_details(row.quality) or None)
    facts = [*layout_sentences(row), *([FOUND] if st.session_state.get(FOUND_MAP) == row.id else [])]
    if facts:
        st.caption(plain(" ".join(facts), 400))
    if axes := row.quality.get("axes"):
        named = (f"{name}: {axis}" for name, axis in zip("xyz", axes, strict=False))
        st.caption(plain("; ".join(named), 300))


def collapse_button(key: str, name: str, *, opens: str) -> None:
    """Draw the button that collapses or expands a side panel; `opens` is the direction in which it expands."""
    is_open = st.session_state[key]
    hide, show = ("left", "right") if opens == "right" else ("right", "left")
    st.button(
        name if is_open else "",
        icon=f":material/chevron_{hide if is_open else show}:",
        key=f"{key}:fold",
        help=f"{'Hide' if is_open else 'Show'}: {name.lower()}",
        type="tertiary",
        on_click=lambda: st.session_state.update({key: not is_open}),
    )


# The map itself


def draw_map(view: View) -> None:
    """Draw the map."""
    sized = st.session_state.get("map:size", False) and COUNT_COLUMN in view.embedding.metadata.columns
    embedlab_map(
        view.projection.id,
        view.row.id,
        n_points=view.row.n_keys,
        n_components=view.projection.n_components,
        color=view.color,
        clusters=map_data.CLUSTERS if view.has_clusters else None,
        size=COUNT_COLUMN if sized else None,
        labels="frequent" if st.session_state.get("map:names", True) else "picked",
        picked=view.picked,
        word=view.word,
        query=drawn_query.as_data(view.query, view.drawing, view.embedding, view.projection.id)
        if view.query is not None and isinstance(view.drawing, Drawing)
        else None,
        selection=selection.for_browser(view.row.id, view.row.n_keys),
        min_count=view.rarity.min_count,
        live=watched(projection_jobs(view.row.id)),
        on_event=lambda event: on_event(view, event),
        key=_KEY,
    )


def on_event(view: View, event: MapEvent) -> None:
    """Apply a user action on the map to the current key or the selection."""
    match event:
        case PickEvent(index):
            current.put("key", None if index is None else view.embedding.keys[index])
            st.session_state[_TAB] = _PICKED
        case PlaceEvent(word):
            current.put("key", word)
            st.session_state[_TAB] = _PICKED
        case BoxEvent(None):
            selection.clear()
        case BoxEvent(box) if box is not None:
            rows = map_data.points_in_box(resources.workspace().coordinates(view.projection.id), box)
            selection.select(view.row.id, rows, selection_number(box))
            st.session_state[_TAB] = _SELECTION
        case SelectEvent(rows, number):
            selection.select(view.row.id, rows, number)
            st.session_state[_TAB] = _SELECTION if rows else _PICKED
        case ClearQueryEvent():
            drawn_query.clear()


# Details on the right


def details_panel(view: View) -> None:
    """Draw the query, the picked item or the selection, whichever changed last."""
    rows = selection.selected(view.row.id, view.row.n_keys)
    tabs = [
        *([_QUERY] if view.query is not None else []),
        _PICKED,
        *([_SELECTION] if rows is not None else []),
    ]
    tab = _PICKED
    if len(tabs) > 1:
        if st.session_state.get(_TAB) not in tabs:
            st.session_state[_TAB] = tabs[0]
        st.segmented_control("Details", tabs, key=_TAB, required=True, label_visibility="collapsed", width="stretch")
        tab = st.session_state[_TAB]
    if tab == _SELECTION and rows is not None:
        selection.panel(view.row, view.embedding, view.projection, rows)
    elif tab == _QUERY and view.query is not None:
        _query_panel(view, view.query)
    else:
        picked_item(view)
    selection.named_selections(view.row, view.embedding)


def _query_panel(view: View, query: MapQuery) -> None:
    if isinstance(view.drawing, Drawing):
        drawn_query.panel(view.row, view.embedding, query, view.drawing, view.rarity)
    elif view.drawing is not None:
        drawn_query.failure(query, view.drawing)
    _min_count(view)


def _min_count(view: View) -> None:
    if key_counts(view.embedding) is not None:
        with st.expander(f"Minimum {view.rarity.what}", key="expander-minimum"):
            min_count_control(view.row.name, view.embedding)


def picked_item(view: View) -> None:
    """Draw the picked item: label, metadata, nearest neighbors, and a link to the Ask page."""
    index = view.picked
    if index is None:
        _no_pick(view)
        return
    embedding = view.embedding
    key, label = embedding.keys[index], embedding.labels[index]
    st.markdown(f"## {plain(label)}")
    metadata = metadata_line(embedding.metadata, index)
    if metadata:
        st.caption(metadata)
    original_text(view.row, key)
    st.markdown("**Nearest neighbors by cosine similarity**")
    nearest(view, index)
    page_link("ask", label="Query this item", query=current.link(embedding=view.row.id, key=key))
    _min_count(view)


def _no_pick(view: View) -> None:
    """Draw the out-of-vocabulary word shown on the map, or instructions."""
    if view.word is not None:
        placed_word(view.row, view.projection, view.word, view.embedding, view.rarity)
        _min_count(view)
        return
    if view.unknown is not None:
        unknown_name(view.embedding, view.unknown)
    else:
        st.markdown("## Pick a point")
    st.caption(
        "Click a point to see its nearest neighbors by cosine similarity. Drag to pan, scroll to zoom. Shift-drag "
        "selects with a box, and Shift-click adds a point. The arrow keys move from point to point."
    )


#: Larger floats are not exact.
_LARGEST_WHOLE = 2**53


def metadata_line(metadata: pd.DataFrame, index: int) -> str:
    """Return the item's metadata as one line of plain text."""
    cells = ((str(name), metadata[name].iloc[index]) for name in metadata.columns)
    return " · ".join(
        f"{plain(name, 40)} {plain(_cell(value, grouped=name == COUNT_COLUMN), 60)}"
        for name, value in cells
        if _known(value)
    )


def _known(value: Any) -> bool:
    return value is not None and value is not pd.NA and not (isinstance(value, float) and np.isnan(value))


def _cell(value: Any, *, grouped: bool = False) -> str:
    if isinstance(value, (float, np.floating)):
        number = float(value)
        # A column with missing values stores its whole numbers as floats.
        if not (number.is_integer() and abs(number) < _LARGEST_WHOLE):
            return f"{number:,.3g}" if abs(number) < 1000 else f"{number:,.0f}"
        value = int(number)
    if isinstance(value, (int, np.integer)):
        # Years have no thousands separator.
        return f"{int(value):,}" if grouped else str(int(value))
    if isinstance(value, (list, tuple, np.ndarray)):
        return ", ".join(map(str, value))
    return str(value)


def nearest(view: View, index: int, topn: int = 10) -> None:
    """Draw the nearest neighbors with bars; clicking one picks it."""
    rarity = view.rarity
    try:
        answers = neighbors(view.embedding, view.embedding.keys[index], topn, rarity.min_count)
    except InputError as error:
        errors.show(error)
        return
    muted = rarity.muted(view.embedding, answers)
    bar_list(
        [(wording.display_name(view.embedding, answer.key, 60), float(answer.score)) for answer in answers],
        list_id=f"{view.row.id}:{index}:{rarity.min_count}",
        on_choose=lambda row: current.put("key", answers[row].key),
        key="map:nearest",
        notes=counts_text(view.embedding, answers, rarity.what),
        muted=muted,
    )
    if sentence := rarity.sentence(sum(muted)):
        st.caption(sentence)
