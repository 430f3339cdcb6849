"""The axis between two items, and the factors of small models on their own axes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.core.counts import counted_noun, key_counts
from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.core.plain import one_line
from embedlab.exploration.asking.axis import Axis, OnAxis, axis_between
from embedlab.exploration.asking.drawing import MapQuery
from embedlab.figures.axes import axis_figure, factor_figure
from embedlab.ui.recommend.runs import OpenRun
from embedlab.ui.recommend.similar import ITEM
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address, figures
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.keys.key_box import Choice, key_box
from embedlab.ui.widgets.keys.key_offers import offer_examples
from embedlab.ui.widgets.map_link import draw_on_map_link
from embedlab.ui.widgets.min_count import min_count_control

_OTHER = Choice(partial(address.read, "to"), partial(address.write, "to"))
_N_ENDS = 8
#: Points of a figure: more are too dense to read, and slow.
_MOST_POINTS = 1500
#: Models with more factors are shown on the map.
MOST_FACTORS = 3


@st.fragment
def between_two(opened: OpenRun) -> None:
    """Draw all items by how far they are from one item towards another."""
    items = opened.items
    if items is None or opened.items_row is None:
        st.info("This model has no vectors of items, so there is no axis between two of them.", icon=":material/block:")
        return
    left, right, settings = st.columns([2, 2, 1], gap="medium")
    with left:
        start = key_box(
            items, "From this item", ITEM, slot="axis-from", placeholder="Type part of a title", narrow=True
        )
        offer_examples(items, ITEM, "axis-from")
    with right:
        end = key_box(items, "To this item", _OTHER, slot="axis-to", placeholder="Type part of a title", narrow=True)
        if start is not None:
            offer_examples(items, _OTHER, "axis-to")
    with settings:
        rarity = min_count_control("items", items)
    if start is None or end is None:
        st.caption("Choose two items to order all others between them.")
        return
    try:
        axis = axis_between(items, start, end, rarity.threshold)
    except InputError as error:
        show(error)
        return
    shown = _most_rated(items, [each.row for each in axis.keys], (start, end))
    figures.show(
        axis_figure(
            [axis.keys[place].position for place in shown],
            _counts(items, [axis.keys[place].row for place in shown]),
            [one_line(axis.keys[place].label, 60) for place in shown],
            ends=(_label(items, start), _label(items, end)),
            of=counted_noun(items, "items"),
            theme=figures.theme(),
        ),
        key="axis-figure",
        alt=f"Items between {_label(items, start)} and {_label(items, end)}",
    )
    st.caption(
        f"Position: **0** is {wording.bold(items, start)}, **1** is {wording.bold(items, end)}. The position is the "
        f"projection on the difference of their directions; their cosine similarity is {axis.cosine:.3f}. "
        + _n_shown(len(axis.keys), len(shown), counted_noun(items, "items"))
    )
    _ends(items, axis, start, end)
    draw_on_map_link(opened.items_row, MapQuery("pair", keys=(start, end)), "Show both on the map")


def _n_shown(n: int, n_shown: int, of: str) -> str:
    return (
        f"All {n:,} items are shown."
        if n == n_shown
        else f"The {n_shown:,} items with the most {of} of all {n:,} are shown."
    )


def _label(items: Embedding, key: str) -> str:
    return one_line(items.label(key), 40)


def _ends(items: Embedding, axis: Axis, start: str, end: str) -> None:
    for column, key, rows in zip(
        st.columns(2, gap="medium"), (start, end), (axis.first(_N_ENDS), axis.last(_N_ENDS)), strict=True
    ):
        with column:
            st.markdown(f"**Furthest towards {plain(_label(items, key))}**")
            st.dataframe(
                _table(items, rows),
                hide_index=True,
                row_height=34,
                placeholder="",
                column_config={"Position": st.column_config.NumberColumn(format="%.2f", width="small")},
                alt=f"Items furthest towards {_label(items, key)}",
            )


def _table(items: Embedding, rows: Sequence[OnAxis]) -> pd.DataFrame:
    table = pd.DataFrame(
        {"Item": [one_line(each.label, 80) for each in rows], "Position": [each.position for each in rows]}
    )
    if key_counts(items) is not None:
        table[counted_noun(items, "items").capitalize()] = _counts(items, [each.row for each in rows])
    return table


def _counts(items: Embedding, rows: Sequence[int]) -> list[int]:
    counts = key_counts(items)
    return [0] * len(rows) if counts is None else np.nan_to_num(counts[list(rows)]).astype(int).tolist()


def _most_rated(items: Embedding, rows: Sequence[int], always: Sequence[str]) -> list[int]:
    """Return the places of the most rated of some rows, and of those that are always shown, in the given order."""
    counts = np.array(_counts(items, rows))
    best = set(np.argsort(-counts, kind="stable")[:_MOST_POINTS].tolist())
    wanted = {items.index(key) for key in always}
    return [place for place, row in enumerate(rows) if place in best or row in wanted]


def has_factors(opened: OpenRun) -> bool:
    """Return whether the model has so few factors that they can be shown on their own axes."""
    return opened.items_row is not None and opened.items_row.vector_size <= MOST_FACTORS


@st.fragment
def factors(opened: OpenRun) -> None:
    """Draw the items on the model's own axes, without any projection."""
    items = opened.items
    if items is None:
        return
    size = items.vector_size
    picker, axes = st.columns([3, 2], gap="medium", vertical_alignment="bottom")
    with picker:
        key = key_box(items, "Item to highlight", ITEM, slot="factor", placeholder="Type part of a title", narrow=True)
    pairs: list[tuple[int, int | None]] = [
        (first, second) for first in range(size) for second in range(first + 1, size)
    ] or [(0, None)]
    with axes:
        chosen = 0
        if len(pairs) > 1:
            titles = [f"Factor {first + 1} against factor {int(second or 0) + 1}" for first, second in pairs]
            chosen = st.selectbox("Axes", range(len(pairs)), format_func=lambda place: titles[place], key="factor-axes")
    first, second = pairs[chosen]
    rows = _most_rated(items, list(range(items.n_keys)), () if key is None else (key,))
    counts = _counts(items, rows)
    figures.show(
        factor_figure(
            np.asarray(items.vectors[rows, first]),
            None if second is None else np.asarray(items.vectors[rows, second]),
            counts,
            [one_line(items.labels[row], 60) for row in rows],
            titles=(f"factor {first + 1}", "" if second is None else f"factor {second + 1}"),
            of=counted_noun(items, "items"),
            highlight=None if key is None else rows.index(items.index(key)),
            theme=figures.theme(),
        ),
        key="factor-figure",
        alt="Items on the factors of the model",
    )
    st.caption(
        "Factor k is coordinate k of the vectors: the raw numbers that the model learned (hidden unit k of a network), "
        "not rotated as on a PCA map. Another seed may give the factors in another order, rotated or with other signs. "
        + _n_shown(items.n_keys, len(rows), counted_noun(items, "items"))
    )
