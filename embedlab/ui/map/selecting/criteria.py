"""The forms that select points by what they are: name, metadata, cluster, neighborhood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from embedlab.core.errors import InputError
from embedlab.core.plain import one_line
from embedlab.core.similarity import MOST_ANSWERS
from embedlab.exploration.selections.columns import category_counts, column_named, is_numeric
from embedlab.exploration.selections.filters import CategoryFilter, Filter, RangeFilter, meeting_all
from embedlab.exploration.selections.groups import in_groups
from embedlab.exploration.selections.neighborhoods import nearest_keys, within_similarity
from embedlab.exploration.selections.selection import Mask, Selection
from embedlab.exploration.selections.texts import LONGEST_PATTERN, containing, matching
from embedlab.ui.map import isolated
from embedlab.ui.map.selecting import state
from embedlab.ui.map.view import SELECTION, TAB, View
from embedlab.ui.shell import errors
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.answer_wording import display_name

#: Categories of a column that a list offers; others can be found by text.
MOST_OFFERED = 300
_MOST_COLUMNS = 60
_LONGEST_SHOWN = 60
_NAMES = "Names"
_WAYS = ("Name", "Metadata", "Cluster", "Neighbors")

#: Returns what to select, and how it was made.
Criterion = Callable[[], tuple[Mask, str]]


def criteria_forms(view: View) -> None:
    """Draw the choice of a criterion with its form; its button changes the selection."""
    has_metadata = len(view.embedding.metadata.columns) > 0
    missing = {"Metadata": not has_metadata, "Cluster": not view.has_clusters, "Neighbors": view.picked is None}
    ways = [way for way in _WAYS if not missing.get(way)]
    # Beside the first field: fields below change their height when they lose the focus, and a button that moves while
    # it is pressed misses the click.
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        way = st.selectbox("Select by", ways, key="map:select-by")
        slot = st.empty()
    forms = {"Name": _by_name, "Metadata": _by_metadata, "Cluster": _by_cluster, "Neighbors": _by_neighbors}
    if way is not None:
        forms[way](view, slot)


def _button(view: View, slot: DeltaGenerator, criterion: Criterion, *, disabled: bool = False) -> None:
    def choose() -> None:
        with errors.shown_errors():
            mask, how = criterion()
            if not mask.any():
                raise InputError("Nothing matches, so the selection stays as it is.", received=how)
            state.select(view.source_id, Selection.of_mask(mask, how))
            st.session_state[TAB] = SELECTION

    slot.button("Select", key="map:select-apply", type="primary", on_click=choose, disabled=disabled)


def _columns_of(view: View) -> list[str]:
    return [str(name) for name in view.embedding.metadata.columns[:_MOST_COLUMNS]]


def _by_name(view: View, slot: DeltaGenerator) -> None:
    key = "map:select-text"
    text = st.text_input(
        "Text or regular expression",
        key=key,
        max_chars=LONGEST_PATTERN,
        placeholder="Part of a name",
    )
    is_regex = st.toggle(
        "Regular expression",
        key="map:select-regex",
        help="RE2 syntax, for example ^un.*able$. Without: any part of the name, ignoring case and accents.",
    )
    where: str | None = None
    if columns := _columns_of(view):
        titles = unique_names({_NAMES: _NAMES} | {f"column {name}": one_line(name, 40) for name in columns})
        chosen = st.selectbox("In", list(titles), format_func=lambda each: titles.get(each, each), key="map:select-in")
        where = None if chosen in (None, _NAMES) else str(chosen).removeprefix("column ")

    def criterion() -> tuple[Mask, str]:
        typed = st.session_state.get(key, "")
        search = matching if is_regex else containing
        inside = "names" if where is None else one_line(where, 40)
        verb = "match" if is_regex else "contain"
        return search(view.embedding, typed, where), f"{inside} {verb} {one_line(typed, 60)}"

    _button(view, slot, criterion, disabled=not text)


def _by_metadata(view: View, slot: DeltaGenerator) -> None:
    columns = _columns_of(view)
    titles = unique_names({name: one_line(name, 40) for name in columns})
    chosen = st.multiselect(
        "Columns",
        columns,
        format_func=lambda each: titles.get(each, each),
        key="map:select-columns",
        max_selections=4,
        placeholder="Choose columns",
        help="Points that meet all conditions are selected.",
    )
    conditions = [_condition(view, name, titles[name], at) for at, name in enumerate(chosen) if name in titles]
    filters = [each for each in conditions if each is not None]

    def criterion() -> tuple[Mask, str]:
        return meeting_all(view.embedding, filters), " and ".join(each.text for each in filters)

    _button(view, slot, criterion, disabled=not filters)


def _condition(view: View, name: str, title: str, at: int) -> Filter | None:
    """Draw the condition on a column; return it, or None if it is empty."""
    series = column_named(view.embedding.metadata, name)
    if is_numeric(series):
        return _range(series, name, title, at)
    counts = category_counts(view.embedding, name)
    offered = counts[:MOST_OFFERED]
    more = len(counts) - len(offered)
    shown = {value: f"{one_line(value, _LONGEST_SHOWN)} ({n:,})" for value, n in offered}
    chosen: Sequence[str] = st.multiselect(
        title,
        list(shown),
        format_func=lambda value: shown.get(value, one_line(str(value), _LONGEST_SHOWN)),
        key=f"map:select-value-{at}-{name}",
        placeholder="Any of these",
        help=f"The {MOST_OFFERED} most frequent of {len(counts):,}; find others by name." if more else None,
    )
    return CategoryFilter(name, tuple(chosen)) if chosen else None


def _range(series: pd.Series[Any], name: str, title: str, at: int) -> Filter | None:
    values = series.to_numpy(dtype=np.float64, na_value=np.nan)
    finite = values[np.isfinite(values)]
    if not len(finite):
        st.caption(f"{plain(title, 40)} has no numbers.")
        return None
    with st.container(horizontal=True):
        ends = [
            st.number_input(
                f"{title} {word}",
                value=None,
                placeholder=f"{bound:g}",
                key=f"map:select-{word}-{at}-{name}",
            )
            for word, bound in (("from", finite.min()), ("to", finite.max()))
        ]
    least, most = (None if end is None else float(end) for end in ends)
    return None if least is None and most is None else RangeFilter(name, least, most)


def _by_cluster(view: View, slot: DeltaGenerator) -> None:
    clusters = isolated.load_clusters(view.source_id)
    if clusters is None:
        return
    counts = np.bincount(clusters.codes, minlength=256)
    names = {at: f"{one_line(name, _LONGEST_SHOWN)} ({counts[at]:,})" for at, name in enumerate(clusters.names)}
    chosen = st.multiselect(
        "Clusters",
        list(names),
        format_func=lambda at: names.get(at, ""),
        key="map:select-clusters",
        placeholder="Any of",
    )

    def criterion() -> tuple[Mask, str]:
        listed = " or ".join(one_line(clusters.names[at], 40) for at in chosen[:3])
        return in_groups(clusters.codes, chosen), f"cluster {listed}" + (" or more" if len(chosen) > 3 else "")

    _button(view, slot, criterion, disabled=not chosen)


def _by_neighbors(view: View, slot: DeltaGenerator) -> None:
    index = view.picked
    if index is None:
        return
    embedding, key = view.embedding, view.embedding.keys[index]
    name = display_name(embedding, key, 40)
    by_number = "Number of neighbors"
    way = st.radio(
        f"Neighborhood of {plain(name, 40)}", [by_number, "Cosine similarity"], key="map:select-near", horizontal=True
    )
    if way == by_number:
        most = min(MOST_ANSWERS, max(1, embedding.n_keys - 1))
        k = st.number_input("Neighbors", 1, most, min(10, most), key="map:select-k")

        def criterion() -> tuple[Mask, str]:
            mask = nearest_keys(embedding, key, int(k), view.rarity.min_count)
            return mask, f"{name} and its {int(k)} nearest neighbors"

    else:
        least = st.slider("At least", 0.0, 1.0, 0.6, 0.01, key="map:select-least")

        def criterion() -> tuple[Mask, str]:
            return within_similarity(embedding, key, float(least)), f"cosine similarity to {name} at least {least:.2f}"

    _button(view, slot, criterion)
