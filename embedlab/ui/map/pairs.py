"""The pairs of points that the map distorts most, as a list; clicking a pair shows both points."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.exploration.asking.drawing import MapQuery
from embedlab.jobs import map_trust
from embedlab.projections.torn_pairs import Pair
from embedlab.ui.map.view import DRAWN, TAB, View
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.widgets import address
from embedlab.ui.widgets.answer_wording import display_name
from embedlab.ui.widgets.map_link import DRAW, OF, WEIGHT
from embedlab.ui.widgets.section_list import Row, Section, section_list

PAIRS = "Pairs"
_OPEN = "map:pairs-open"
#: Pairs of each kind in the list, which travels with every click.
_SHOWN = 15


def open_pairs() -> None:
    """Open the list. Call it in a callback."""
    st.session_state[_OPEN], st.session_state[TAB] = True, PAIRS


def is_open() -> bool:
    """Return whether the list is open."""
    return bool(st.session_state.get(_OPEN))


def _close() -> None:
    st.session_state.pop(_OPEN, None)


def panel(view: View) -> None:
    """Draw the list of the most torn and the falsest pairs of the map."""
    workspace, projection = resources.workspace(), view.projection
    try:
        found = resources.open_cached(
            "pairs",
            projection.id,
            lambda: map_trust.pairs_of(workspace, projection.id),
            spinner="Finding the most distorted pairs …",
        )
    except EmbedLabError as error:
        errors.show(error)
        return
    torn, false = found.torn[:_SHOWN], found.false[:_SHOWN]
    if not torn and not false:
        st.caption("This picture distorts no pairs: each point is among its true neighbors.")
    else:
        points = "points" if found.n_sampled == view.embedding.n_keys else "random points"
        st.caption(
            f"Among the nearest of {found.n_sampled:,} {points}. Numbers: the rank of the second among the neighbors "
            "of the first, by similarity → in this picture."
        )
        sections = pair_sections(view.embedding, torn, false)
        pairs = [each for each in (torn, false) if each]
        section_list(
            sections,
            list_id=projection.id,
            on_choose=lambda section, row: _show(view.embedding, pairs[section][row]),
            key="map:pair-list",
        )
    st.button("Close list", icon=":material/close:", type="tertiary", on_click=_close)


def pair_sections(embedding: Embedding, torn: Sequence[Pair], false: Sequence[Pair]) -> list[Section]:
    """Return the pairs as sections, without empty ones."""
    sections = [
        Section("Most torn", _rows(embedding, torn), "Similar, but far apart in this picture", "missing"),
        Section("Most false", _rows(embedding, false), "Near in this picture, but not similar", "false"),
    ]
    return [section for section in sections if section.rows]


def _rows(embedding: Embedding, pairs: Sequence[Pair]) -> list[Row]:
    return [
        Row(
            " and ".join(display_name(embedding, embedding.keys[at], 30) for at in (pair.row, pair.other)),
            f"{pair.true_rank:,} → {pair.map_rank:,}",
        )
        for pair in pairs
    ]


def _show(embedding: Embedding, pair: Pair) -> None:
    """Draw a pair as a query, and stay in the list."""
    keys = (embedding.keys[pair.row], embedding.keys[pair.other])
    current.put("key", None)
    address.write(DRAW, "pair")
    address.write_list(OF, keys)
    address.write_list(WEIGHT, [])
    st.session_state[DRAWN] = MapQuery("pair", keys=keys)
