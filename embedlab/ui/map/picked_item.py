"""The picked item: its label, metadata and nearest neighbors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.core.counts import key_counts
from embedlab.core.embedding import COUNT_COLUMN
from embedlab.core.errors import InputError
from embedlab.core.roles import role
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.ui.map import likely_links
from embedlab.ui.map.guest_panel import placed_word, unknown_name
from embedlab.ui.map.trust import compared
from embedlab.ui.map.view import View
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.bar_list import bar_list
from embedlab.ui.widgets.min_count import counts_text, min_count_control
from embedlab.ui.widgets.original_text import original_text


def picked_item(view: View) -> None:
    """Draw the picked item: label, metadata, nearest neighbors, and a link to the Ask page."""
    index = view.picked
    if index is None:
        _no_pick(view)
        return
    embedding = view.embedding
    key, label = embedding.keys[index], embedding.labels[index]
    st.markdown(f"## {plain(label)}")
    metadata = metadata_line(embedding.metadata, index, view.row.name)
    if metadata:
        st.caption(metadata)
    original_text(view.row, key)
    st.markdown("**Nearest neighbors by cosine similarity**")
    if caution := role(view.row.name).caution:
        st.caption(caution)
    if compared.is_on():
        compared.neighbor_lists(view, index)
    else:
        nearest(view, index)
    compared.toggle()
    likely_links.draw(view.row, key)
    page_link("ask", label="Query this item", query=current.link(embedding=view.row.id, key=key))
    minimum_count(view)


def _no_pick(view: View) -> None:
    """Draw the out-of-vocabulary word shown on the map, or instructions."""
    if view.word is not None:
        placed_word(view.row, view.projection, view.word, view.embedding, view.rarity)
        minimum_count(view)
        return
    if view.elsewhere is not None:
        st.markdown(f"## {plain(resources.load_embedding(view.row.id).label(view.elsewhere), 40)}")
        st.caption("Not among the points of this isolated map; the whole map has it.")
    elif view.unknown is not None:
        unknown_name(view.embedding, view.unknown)
    else:
        st.markdown("## Pick a point")
    st.caption(
        "Click a point to see its nearest neighbors by cosine similarity. Drag to pan, scroll to zoom. Shift-drag "
        "selects with a box, and Shift-click adds a point. The arrow keys move from point to point; the "
        "question mark lists all keys."
    )


#: Larger floats are not exact.
_LARGEST_WHOLE = 2**53
#: Larger numbers have no decimals.
_LARGE = 1000


def metadata_line(metadata: pd.DataFrame, index: int, role_name: str = "") -> str:
    """Return the item's metadata as one line of plain text.

    Parameters
    ----------
    role_name
        Name of the embedding. The value of the column that marks its keys stands alone: `correct`, not
        `mistake correct`.
    """
    mark = role(role_name).mark
    cells = ((str(name), metadata[name].iloc[index]) for name in metadata.columns)
    return " · ".join(
        f"{'' if mark is not None and name == mark[0] else f'{plain(name, 40)} '}"
        f"{plain(_cell(value, grouped=name == COUNT_COLUMN), 60)}"
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
            return _decimal(number)
        value = int(number)
    if isinstance(value, (int, np.integer)):
        # Years have no thousands separator.
        return f"{int(value):,}" if grouped else str(int(value))
    if isinstance(value, (list, tuple, np.ndarray)):
        return ", ".join(map(str, value))
    return str(value)


def _decimal(number: float) -> str:
    """Return a number with three decimals, which coordinates need, or a small one with three significant digits."""
    if abs(number) >= _LARGE:
        return f"{number:,.0f}"
    return f"{number:.3f}".rstrip("0").rstrip(".") if abs(number) >= 1 else f"{number:.3g}"


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


def minimum_count(view: View) -> None:
    """Draw the minimum count of neighbors, folded; nothing without counts."""
    if key_counts(view.embedding) is not None:
        with st.expander(f"Minimum {view.rarity.what}", key="expander-minimum"):
            min_count_control(view.row.name, view.embedding)
