"""The neighbors of a picked point beside those of the picture: for the browser, and as lists in the panel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import streamlit as st

from embedlab.core.errors import InputError
from embedlab.core.plain import one_line
from embedlab.exploration.asking.map_neighbors import ComparedNeighbors, MapNeighbor, compare_neighbors
from embedlab.ui.map import isolated
from embedlab.ui.map.view import View
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.widgets.answer_wording import display_name, ordinal
from embedlab.ui.widgets.min_count import Rarity, counts_text
from embedlab.ui.widgets.section_list import Row, Section, section_list

#: Where the session stores whether the comparison is on.
_COMPARE = "map:compare"
_LONGEST_LABEL = 60


def is_on() -> bool:
    """Return whether picks are compared with the picture."""
    on: bool = st.session_state.setdefault(_COMPARE, True)
    return on


@lru_cache(maxsize=64)
def compared(projection_id: str, index: int, min_count: int) -> ComparedNeighbors:
    """Return the neighbors of a point and those in the picture; route and panel share the result.

    Raises
    ------
    NotFoundError
        The map does not exist.
    InputError
        As `compare_neighbors`.
    """
    row = resources.workspace().projection(projection_id)
    embedding = isolated.load_points(isolated.source_of(row))
    return compare_neighbors(embedding, resources.workspace().coordinates(row.id), index, min_count=min_count)


def for_browser(index: int, found: ComparedNeighbors) -> dict[str, Any]:
    """Return the comparison as data for the browser, which has the true neighbors already."""
    return {
        "index": index,
        "false": [[each.row, one_line(each.label, _LONGEST_LABEL), each.true_rank] for each in found.false],
        "missing": [each.row for each in found.missing],
    }


def sections(view: View, found: ComparedNeighbors, rarity: Rarity) -> list[tuple[Section, Sequence[MapNeighbor]]]:
    """Return the lists of the panel with their neighbors, without empty ones."""

    def rows(neighbors: Sequence[MapNeighbor], notes: Sequence[str] | None = None) -> list[Row]:
        embedding = view.embedding
        answers = [each.answer(embedding) for each in neighbors]
        return [
            Row(display_name(embedding, answer.key, _LONGEST_LABEL), note, each.score, is_muted)
            for answer, note, each, is_muted in zip(
                answers,
                notes or counts_text(embedding, answers, rarity.what),
                neighbors,
                rarity.muted(embedding, answers),
                strict=True,
            )
        ]

    missing = rows(found.missing, [_map_rank(each) for each in found.missing])
    false = rows(found.false, [f"{ordinal(each.true_rank)} nearest" for each in found.false])
    listed = [
        (Section("In both", rows(found.both), marker="both"), found.both),
        (Section("Missing in this picture", missing, "Similar, but shown farther away", "missing"), found.missing),
        (Section("False in this picture", false, "Shown near, but less similar than others", "false"), found.false),
    ]
    return [(section, neighbors) for section, neighbors in listed if section.rows]


def _map_rank(neighbor: MapNeighbor) -> str:
    return "not shown" if neighbor.map_rank is None else f"{ordinal(neighbor.map_rank)} here"


def summary(found: ComparedNeighbors) -> str:
    """Return how many true neighbors the picture shows as near, as a sentence."""
    n_true = len(found.both) + len(found.missing)
    if not n_true:
        return "There are no other points to compare."
    if not found.missing and not found.false:
        return f"The {n_true} most similar are also the nearest in this picture."
    return f"{len(found.both)} of the {n_true} most similar are also among the nearest in this picture."


def toggle() -> None:
    """Draw the toggle of the comparison."""
    is_on()
    st.toggle(
        "Compare with the picture",
        key=_COMPARE,
        persist_state="session",
        help="Show the points that are nearest in this picture beside the nearest neighbors by cosine similarity.",
    )


def neighbor_lists(view: View, index: int) -> None:
    """Draw the neighbors of a picked point and those of the picture, in both, missing and false; a click picks one."""
    rarity = view.rarity
    try:
        found = compared(view.projection.id, index, rarity.min_count)
    except InputError as error:
        errors.show(error)
        return
    st.caption(summary(found))
    listed = sections(view, found, rarity)
    if listed:
        section_list(
            [section for section, _ in listed],
            list_id=f"{view.projection.id}:{index}:{rarity.min_count}",
            on_choose=lambda section, row: current.put("key", view.embedding.keys[listed[section][1][row].row]),
            key="map:compared",
        )
    n_muted = sum(row.is_muted for section, _ in listed for row in section.rows)
    if sentence := rarity.sentence(n_muted):
        st.caption(sentence)
