"""The parts of the Map page: strip, map, panel, selection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.core.errors import InputError
from embedlab.core.roles import role
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.projections.registry import first_method, settings_text, title_of
from embedlab.ui.map import data as map_data
from embedlab.ui.map import film_data, unknown_words
from embedlab.ui.map.component import Boxed, MapEvent, Picked, Placed, embedlab_map
from embedlab.ui.map.guest_panel import placed_word, unknown_name
from embedlab.ui.map.new_map import (
    offer_projections,
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
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow

_KEY = "map"
_SELECTION = "map:selection"
_TAB = "map:tab"
_TABS = ("Picked", "Selection")
#: What the address says when one color was chosen.
_NO_COLOR = "-"
_MOST_LISTED = 2000


@dataclass(frozen=True)
class View:
    """What the page shows: an embedding, one of its projections, and the columns that can color it."""

    row: EmbeddingRow
    embedding: Embedding
    projections: list[ProjectionRow]
    projection: ProjectionRow
    columns: list[str] = field(default_factory=list)

    @property
    def color(self) -> str | None:
        """The column to color by: the one chosen, documents by their class, otherwise none."""
        chosen = current.get("color") or role(self.row.name).color_column
        return chosen if chosen in self.columns else None

    @property
    def picked(self) -> int | None:
        """Index of the current key; None when there is none, or this embedding does not have it."""
        key = current.get("key")
        return None if key is None else self.embedding.key_to_index.get(key)

    @property
    def unknown(self) -> str | None:
        """What was asked for and this embedding does not have."""
        return current.get("key") if self.picked is None else None

    @property
    def word(self) -> str | None:
        """The unknown word that its parts may place on the map; None when there is none."""
        text = self.unknown
        return None if text is None else unknown_words.placeable(self.row, self.embedding, text)


@st.cache_resource(max_entries=16, show_spinner=False)
def _columns(embedding_id: str) -> list[str]:
    return map_data.colorable(resources.load_embedding(embedding_id).metadata)


def open_view(row: EmbeddingRow) -> View | None:
    """Open what the page shows, warmed up for the first click; None while there is no projection."""
    projection = current.current_projection(row.id)
    if projection is None:
        return None
    with st.spinner("Opening the embedding", show_time=False):
        embedding = resources.load_embedding(row.id)
        _ = embedding.keyed_vectors
    # Written otherwise than in the vocabulary, a word is still that word.
    if (asked := current.get("key")) and (key := unknown_words.key_of(row, embedding, asked)):
        current.put("key", key)
    projections = resources.workspace().projections(row.id)
    return View(row, embedding, projections, projection, _columns(row.id))


def make_first_projection(row: EmbeddingRow) -> None:
    """Ask for a map of an embedding that has none, and show it coming; after a failure only when asked again."""
    made = projection_jobs(row.id)
    method = first_method()
    asked = (row.id, method.name, method.first_dimensions[0])
    if not made:
        start_projection(*asked)
    elif not made[0].status.is_active:
        show_failure(made)
        st.button(f"Make a map by {plain(method.title)}", type="primary", on_click=start_projection, args=asked)
        return
    st.markdown(f"#### Making the first map by {plain(method.title)}…")
    watch_projections(row.id)


# The strip on the left


def projection_title(row: ProjectionRow) -> str:
    """Return a projection's name: method, dimensions, settings."""
    return _short_title(row) + _settings(row)


def projection_titles(rows: Sequence[ProjectionRow]) -> dict[str, str]:
    """Return a name for each projection by id: method and dimensions, and the settings where that is not enough."""
    named = Counter(map(_short_title, rows))
    return unique_names(
        {row.id: projection_title(row) if named[_short_title(row)] > 1 else _short_title(row) for row in rows}
    )


def _short_title(row: ProjectionRow) -> str:
    return f"{title_of(row.method)} {row.n_components}-D"


def _settings(row: ProjectionRow) -> str:
    told = [settings_text(row.method, row.parameters), f"seed {row.seed}" if row.seed else ""]
    return "".join(f", {each}" for each in told if each)


def strip(view: View) -> None:
    """Draw the choices: projection, color, size, names."""
    titles = projection_titles(view.projections)
    _choice("projection", "Projection", list(titles), view.projection.id, titles)
    trust(view.projection)
    names = unique_names({_NO_COLOR: "One color"} | {name: one_line(name, 40) for name in view.columns})
    _choice("color", "Color", list(names), view.color or _NO_COLOR, names)
    if COUNT_COLUMN in view.embedding.metadata.columns:
        st.toggle("Size by count", key="map:size", persist_state="session")
    st.toggle("Names", value=True, key="map:names", persist_state="session")
    offer_projections(view.row, view.projections)
    _offer_film(view.row)


def _offer_film(row: EmbeddingRow) -> None:
    if film_data.has_film(row.run_id) and st.button("Watch it form", icon=":material/movie:", key="map:film"):
        _film_dialog(str(row.run_id))


@st.dialog("How this map formed", width="large")
def _film_dialog(run_id: str) -> None:
    film.draw(run_id, key="map:film-player")


def _choice(name: str, label: str, options: list[str], chosen: str, titles: dict[str, str]) -> None:
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
    """Return how much the picture can be trusted, on how many points that rests; None where it was not measured."""
    kept = row.quality.get("knn_recall_10")
    if kept is None:
        reasons = row.quality.get("not_computed", {})
        if reason := reasons.get("knn_recall_10"):
            return f"The share of true neighbors in this picture is unknown. {reason}"
        # The measures failed as a whole.
        whole: str | None = reasons.get("quality")
        return whole
    sentence = f"This picture keeps {kept:.0%} of each point's 10 nearest neighbors{_rests_on(row.quality)}."
    shares = row.quality.get("explained_variance_ratio")
    return f"{sentence} It shows {sum(shares):.0%} of the variance." if shares else sentence


def _rests_on(quality: Mapping[str, Any]) -> str:
    # Maps of earlier versions do not say.
    sampled, n_points = quality.get("sampled"), quality.get("n_points")
    if sampled is None or n_points is None:
        return ""
    points = f"all {n_points:,}" if sampled == n_points else f"{sampled:,} of {n_points:,}"
    return f" (measured on {points} points)"


def trust(row: ProjectionRow) -> None:
    """Say how much the picture can be trusted."""
    sentence = trust_sentence(row)
    if sentence is not None:
        st.caption(plain(sentence, 300))


def fold(key: str, name: str, *, opens: str) -> None:
    """Draw the button that folds a side panel away and back; `opens` is the side it unfolds to."""
    is_open = st.session_state[key]
    away, back = ("left", "right") if opens == "right" else ("right", "left")
    st.button(
        name if is_open else "",
        icon=f":material/chevron_{away if is_open else back}:",
        key=f"{key}:fold",
        help=f"{'Fold away' if is_open else 'Show'}: {name.lower()}",
        type="tertiary",
        on_click=lambda: st.session_state.update({key: not is_open}),
    )


# The map itself


def the_map(view: View) -> None:
    """Draw the map."""
    sized = st.session_state.get("map:size", False) and COUNT_COLUMN in view.embedding.metadata.columns
    embedlab_map(
        view.projection.id,
        view.row.id,
        n_points=view.row.n_keys,
        n_components=view.projection.n_components,
        color=view.color,
        size=COUNT_COLUMN if sized else None,
        labels="frequent" if st.session_state.get("map:names", True) else "picked",
        picked=view.picked,
        word=view.word,
        on_event=lambda event: on_event(view, event),
        key=_KEY,
    )


def on_event(view: View, event: MapEvent) -> None:
    """Take over what the user did on the map: the current key, or the selection."""
    match event:
        case Picked(index):
            current.put("key", None if index is None else view.embedding.keys[index])
            st.session_state[_TAB] = _TABS[0]
        case Placed(word):
            current.put("key", word)
            st.session_state[_TAB] = _TABS[0]
        case Boxed(box):
            st.session_state.pop(_SELECTION, None)
            if box is not None:
                found = map_data.cut(resources.workspace().coordinates(view.projection.id), box)
                st.session_state[_SELECTION] = (view.row.id, found)
                st.session_state[_TAB] = _TABS[1]


# The panel on the right


def panel(view: View) -> None:
    """Show the picked item or the selection; what the user did last comes to the front."""
    found = selected(view)
    if found is None:
        picked(view)
        return
    tab = st.segmented_control("Details", _TABS, key=_TAB, required=True, label_visibility="collapsed", width="stretch")
    if tab == _TABS[1]:
        selection(view, found)
    else:
        picked(view)


def picked(view: View) -> None:
    """Show the picked item: who it is, its neighbors with bars, what to do with it."""
    index = view.picked
    if index is None:
        _no_point_picked(view)
        return
    embedding = view.embedding
    key, label = embedding.keys[index], embedding.labels[index]
    st.markdown(f"#### {plain(label)}")
    facts = metadata_line(embedding.metadata, index)
    if facts:
        st.caption(facts)
    st.markdown("**Nearest by cosine similarity**")
    nearest(view, index)
    page_link("ask", label="Ask about it", query=current.link(embedding=view.row.id, key=key))


def _no_point_picked(view: View) -> None:
    """Show the word that stands on the map as a guest, or what to do."""
    if view.word is not None:
        placed_word(view.row, view.projection, view.word)
        return
    if view.unknown is not None:
        unknown_name(view.embedding, view.unknown)
    else:
        st.markdown("#### Pick a point")
    st.caption(
        "Click a point to see its nearest by cosine similarity. Drag to move, wheel to zoom; Shift and drag "
        "selects with a box."
    )


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
        return f"{number:,.3g}" if abs(number) < 1000 else f"{number:,.0f}"
    if isinstance(value, (int, np.integer)):
        # A year is a whole number as well, and has no thousands.
        return f"{int(value):,}" if grouped else str(int(value))
    if isinstance(value, (list, tuple, np.ndarray)):
        return ", ".join(map(str, value))
    return str(value)


def nearest(view: View, index: int, topn: int = 10) -> None:
    """Show the nearest with bars; choosing one picks it."""
    try:
        found = neighbors(view.embedding, view.embedding.keys[index], topn)
    except InputError as error:
        errors.show(error)
        return
    bar_list(
        [(wording.called(view.embedding, answer.key, 60), float(answer.score)) for answer in found],
        of=f"{view.row.id}:{index}",
        on_choose=lambda row: current.put("key", found[row].key),
        key="map:nearest",
    )


def _linked_table(
    table: pd.DataFrame, keys: list[str], *, key: str, column_config: Any, height: int | Literal["auto"] = "auto"
) -> None:
    """Show rows of which choosing a cell makes the row's key the current one."""

    def choose() -> None:
        cells = st.session_state[key]["selection"]["cells"]
        if cells and 0 <= cells[0][0] < len(keys):
            current.put("key", keys[cells[0][0]])

    st.dataframe(
        table,
        hide_index=True,
        key=key,
        on_select=choose,
        selection_mode="single-cell",
        column_config=column_config,
        height=height,
        lazy=False,
    )


# The selection


def selected(view: View) -> npt.NDArray[np.int64] | None:
    """Return the indices in the box drawn last; None without one, or when it belongs to another embedding."""
    embedding_id, found = st.session_state.get(_SELECTION, (None, None))
    return found if isinstance(found, np.ndarray) and embedding_id == view.row.id else None


def selection(view: View, found: npt.NDArray[np.int64]) -> None:
    """Show what the box holds, as a table linked with the map."""
    listed = found[:_MOST_LISTED]
    more = f", the first {_MOST_LISTED:,} listed" if len(found) > _MOST_LISTED else ""
    st.markdown(f"**{len(found):,} selected**{more}")
    if not len(found):
        return
    table = view.embedding.metadata.iloc[listed].reset_index(drop=True)
    # Columns are numbered for the table and named for people: a name from data could be the same as ours.
    shown = pd.DataFrame({"name": [one_line(view.embedding.labels[at], 80) for at in listed]})
    titles = {"name": "Name"}
    for number, name in enumerate(map(str, table.columns)):
        shown[str(number)] = table.iloc[:, number]
        titles[str(number)] = one_line(name, 40)
    keys = [view.embedding.keys[at] for at in listed]
    digest = hash((len(found), int(found[0]), int(found[-1])))
    _linked_table(shown, keys, key=f"map:selected-{digest}", column_config=titles, height=420)
