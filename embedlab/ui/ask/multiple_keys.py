"""Queries about several keys: neighbors of their mean, the odd one out, the similarity of all pairs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.exploration.asking.drawing import MapQuery
from embedlab.exploration.asking.means import cosines_to_mean, neighbors_of_mean
from embedlab.exploration.asking.odd_one_out import OddOneOut, odd_one_out
from embedlab.exploration.asking.several_keys import MOST_KEYS
from embedlab.exploration.asking.similarity_matrix import SimilarityMatrix, similarity_matrix
from embedlab.figures.heatmap import MOST_WITH_VALUES, similarity_heatmap
from embedlab.ui.ask.questions import KEY, OTHER, show_neighbors, topn_slider
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.answer_list import answer_columns, answer_list, picked_row
from embedlab.ui.widgets.examples import groups, odd_examples
from embedlab.ui.widgets.keys.keys_box import keys_box
from embedlab.ui.widgets.map_link import draw_on_map_link, show_on_map_link
from embedlab.ui.widgets.min_count import min_count_control
from embedlab.workspace.rows import EmbeddingRow

_WEIGHTS = "weight"
_MAX_WEIGHT_FIELDS = 12
_LARGEST_WEIGHT = 10.0
#: Below this margin two keys are about equally odd.
_CLOSE_CALL = 0.05
_N_PAIRS = 6
_MAX_SIDE_BY_SIDE = 25
_LONGEST_NAME = 24


def _map_links(row: EmbeddingRow, embedding: Embedding, keys: Sequence[str], label: str = "Show on the map") -> None:
    """Draw a menu of map links, one per key."""
    with st.popover(label, icon=":material/scatter_plot:"):
        for key in keys:
            show_on_map_link(row, key, plain(wording.display_name(embedding, key, 60)))


def _slot(view: str, row: EmbeddingRow, *query: object) -> str:
    """Return a widget key for a list of answers that is different for every query."""
    return f"{view}-{row.id}-{hash(query)}"


# Neighbors of the mean


@st.fragment
def ask_mean(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the nearest neighbors of the mean of several keys."""
    address.follow()
    nouns = wording.noun(row.name, 2)
    question, settings = st.columns([3, 1], gap="medium")
    with settings:
        topn = topn_slider()
    with question:
        keys = keys_box(
            embedding,
            f"What is near these {nouns} together?",
            slot="mean",
            examples=lambda: [groups(embedding, 2, 1), groups(embedding, 3, 1)],
        )
    if not keys:
        st.caption(f"The mean of several {nouns} represents what they have in common. {wording.COSINE}")
        return
    list_column, details_column = st.columns([2, 1], gap="medium")
    with details_column:
        cosine_box = st.container(border=True)
        weights = _weights(embedding, keys)
        rarity = min_count_control(row.name, embedding)
        _map_links(row, embedding, keys, f"Show the {nouns} on the map")
    try:
        answers = neighbors_of_mean(embedding, keys, weights, topn, rarity.min_count)
        cosines = cosines_to_mean(embedding, keys, weights)
    except InputError as error:
        with list_column:
            show(error)
        return
    with list_column:
        noun = wording.noun(row.name).capitalize()
        draw_on_map_link(row, MapQuery("mean", keys=tuple(keys), weights=tuple(weights)))
        slot = _slot("mean", row, *keys, *weights, topn, rarity.min_count)
        answer_list(embedding, answers, name=noun, slot=slot, on_pick=show_neighbors, rarity=rarity)
    with cosine_box:
        _share_in_mean(embedding, cosines, nouns)


def _weights(embedding: Embedding, keys: Sequence[str]) -> list[float]:
    """Draw a field for the weight of each key; return the weights."""
    weight_of = _read_weights()
    weights = [weight_of.get(key, 1.0) for key in keys]
    with st.expander("Weights", expanded=any(weight != 1 for weight in weights), key="expander-weights"):
        for number, (key, weight) in enumerate(list(zip(keys, weights, strict=True))[:_MAX_WEIGHT_FIELDS]):
            widget = f"mean-weight-{number}"
            if st.session_state.get(widget) != weight:
                st.session_state[widget] = weight
            st.number_input(
                plain(wording.display_name(embedding, key, 40)),
                -_LARGEST_WEIGHT,
                _LARGEST_WEIGHT,
                step=0.5,
                key=widget,
                on_change=partial(_write_weight, key, widget),
            )
        more = f" All after the first {_MAX_WEIGHT_FIELDS} have weight 1." if len(keys) > _MAX_WEIGHT_FIELDS else ""
        st.caption(f"Weight of each in the mean. A negative weight subtracts.{more}")
    return weights


def _read_weights() -> dict[str, float]:
    """Return the weights in the URL, given as `2:key`; an unreadable one counts as 1."""
    weights = {}
    for text in address.read_list(_WEIGHTS, MOST_KEYS):
        number, _, key = text.partition(":")
        try:
            weight = float(number)
        except ValueError:
            continue
        if -_LARGEST_WEIGHT <= weight <= _LARGEST_WEIGHT:
            weights[key] = weight
    return weights


def _write_weight(key: str, widget: str) -> None:
    weights = _read_weights() | {key: float(st.session_state[widget])}
    address.write_list(_WEIGHTS, [f"{weight:g}:{each}" for each, weight in weights.items() if weight != 1])


def _share_in_mean(embedding: Embedding, cosines: Sequence[tuple[str, float]], nouns: str) -> None:
    st.markdown("## Similarity to the mean")
    names = [wording.display_name(embedding, key, 60) for key, _ in cosines]
    st.dataframe(
        pd.DataFrame({"Query": names, "Cosine": [cosine for _, cosine in cosines]}),
        hide_index=True,
        row_height=34,
        height=34 * (min(len(cosines), 8) + 1) + 3,
        column_config={"Cosine": st.column_config.ProgressColumn(format="%.3f", min_value=0.0, max_value=1.0)},
        alt="Cosine similarity of each key in the query to the mean",
    )
    st.caption(f"If these are low, the {nouns} have little in common and the results mean little.")


# The odd one out


@st.fragment
def ask_odd(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw which of several keys does not belong with the others."""
    address.follow()
    nouns = wording.noun(row.name, 2)
    keys = keys_box(
        embedding, f"Which of these {nouns} is the odd one out?", slot="odd", examples=lambda: odd_examples(embedding)
    )
    if len(keys) < 3:
        st.caption(f"Enter three or more {nouns}. The odd one out is the one least similar to the mean of all.")
        return
    try:
        result = odd_one_out(embedding, keys)
    except InputError as error:
        show(error)
        return
    st.markdown(_why_odd(embedding, result))
    list_column, details_column = answer_columns()
    with list_column:
        answer_list(
            embedding,
            result.members,
            name=wording.noun(row.name).capitalize(),
            slot=_slot("odd", row, *keys),
            on_pick=show_neighbors,
            score="Cosine to the mean",
        )
    with details_column, st.container(border=True):
        st.markdown(f"## {plain(wording.display_name(embedding, result.odd.key))}")
        draw_on_map_link(row, MapQuery("odd", keys=tuple(keys)))
        show_on_map_link(row, result.odd.key, "Show the odd one on the map")
        _map_links(row, embedding, [member.key for member in result.members[:-1]], "Show the others on the map")
        st.caption(f"The mean is over all {len(result.members)} unit vectors. {wording.COSINE}")


def _why_odd(embedding: Embedding, result: OddOneOut) -> str:
    odd, runner_up = result.members[-1], result.members[-2]
    sentence = (
        f"{wording.bold(embedding, odd.key)} is the odd one out: its cosine similarity to the mean of all is "
        f"{odd.score:.3f}; the next lowest, {wording.bold(embedding, runner_up.key)}, has {runner_up.score:.3f}."
    )
    return f"{sentence} This is a close call." if result.margin < _CLOSE_CALL else f"## {sentence}"


# All pairs


@st.fragment
def ask_heatmap(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the similarity of all pairs of several keys."""
    address.follow()
    nouns = wording.noun(row.name, 2)
    keys = keys_box(
        embedding,
        f"How similar are these {nouns} to each other?",
        slot="heatmap",
        examples=lambda: [groups(embedding, 2, 4), groups(embedding, 3, 5)],
    )
    if len(keys) < 2:
        st.caption(f"Enter two to {MOST_KEYS} {nouns}. Similar ones are placed next to each other. {wording.COSINE}")
        return
    matrix = similarity_matrix(embedding, keys)
    # The figure truncates long names at the end, which is where the key is.
    names = [wording.display_name(embedding, key, _LONGEST_NAME) for key in matrix.keys]
    # With many keys there is no room for a second column next to their names.
    figure_column, details_column = (
        st.columns([3, 1.3], gap="medium") if len(keys) <= _MAX_SIDE_BY_SIDE else (st.container(), st.container())
    )
    with figure_column:
        figure = similarity_heatmap(matrix.cosines, names, theme=run_figures.theme())
        run_figures.show(figure, key="similarity-heatmap", alt=f"Cosine similarity of each pair of {len(keys)} {nouns}")
    with details_column:
        _pairs(row, matrix, names)
        _map_links(row, embedding, matrix.keys)
        hint = "" if len(keys) <= MOST_WITH_VALUES else " Hover over a cell to see its value."
        st.caption(
            "Rows are ordered by clustering, so groups of similar ones appear as squares along the diagonal."
            f"{hint} {wording.COSINE}"
        )


def _pairs(row: EmbeddingRow, matrix: SimilarityMatrix, names: Sequence[str]) -> None:
    """Draw the most and the least similar pairs; clicking one opens the comparison of the two."""
    pairs = matrix.pairs()
    ends = pairs if len(pairs) <= _N_PAIRS else [*pairs[: _N_PAIRS // 2], *pairs[-_N_PAIRS // 2 :]]
    st.markdown("## Pairs" if len(pairs) <= _N_PAIRS else "## Most and least similar")
    slot = _slot("pairs", row, *matrix.keys)

    def picked() -> None:
        at = picked_row(st.session_state[slot])
        if at is not None and at < len(ends):
            KEY.write(matrix.keys[ends[at][0]])
            OTHER.write(matrix.keys[ends[at][1]])
            address.open_view("similarity")

    labels = [f"{names[a]} · {names[b]}" for a, b, _ in ends]
    st.dataframe(
        # The number comes first: a long name would push it out of view.
        pd.DataFrame({"Cosine": [cosine for *_, cosine in ends], "Pair": labels}),
        key=slot,
        hide_index=True,
        row_height=34,
        height=34 * (len(ends) + 1) + 3,
        column_config={"Cosine": st.column_config.NumberColumn(format="%.3f", width="small")},
        on_select=picked,
        selection_mode="single-cell",
        alt="The most and the least similar pairs",
    )
