"""Questions about several keys: what is near them together, which is the odd one out, how similar is each to each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.exploration.asking.means import cosines_to_mean, neighbors_of_mean
from embedlab.exploration.asking.odd_one_out import OddOneOut, odd_one_out
from embedlab.exploration.asking.several_keys import MOST_KEYS
from embedlab.exploration.asking.similarity_matrix import SimilarityMatrix, similarity_matrix
from embedlab.figures.heatmap import MOST_WITH_VALUES, similarity_heatmap
from embedlab.ui.ask.questions import KEY, OTHER, go_near, topn_slider
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import address
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.answer_list import answer_list, picked_row
from embedlab.ui.widgets.examples import groups, odd_examples
from embedlab.ui.widgets.keys_box import keys_box
from embedlab.ui.widgets.map_link import on_the_map
from embedlab.workspace.rows import EmbeddingRow

_WEIGHTS = "weight"
_MOST_WEIGHED = 12
_LARGEST_WEIGHT = 10.0
#: Below this margin two keys are about equally odd.
_CLOSE_CALL = 0.05
_N_PAIRS = 6
_MOST_BESIDE = 25
_LONGEST_NAME = 24


def _show_each_on_the_map(
    row: EmbeddingRow, embedding: Embedding, keys: Sequence[str], label: str = "Show on the map"
) -> None:
    """Offer the map with any one of several keys picked."""
    with st.popover(label, icon=":material/scatter_plot:"):
        for key in keys:
            on_the_map(row, key, plain(wording.called(embedding, key, 60)))


def _slot(view: str, row: EmbeddingRow, *asked: object) -> str:
    """Return a name for a list of answers that differs between questions."""
    return f"{view}-{row.id}-{hash(asked)}"


# Near several together


@st.fragment
def ask_mean(row: EmbeddingRow, embedding: Embedding) -> None:
    """Ask for the nearest neighbors of the mean of several keys."""
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
        st.caption(f"The mean of several {nouns} points to what they have in common. {wording.COSINE}")
        return
    listed, told = st.columns([2, 1], gap="medium")
    with told:
        nearness = st.container(border=True)
        weights = _weights(embedding, keys)
        _show_each_on_the_map(row, embedding, keys, f"The {nouns} asked about on the map")
    try:
        answers = neighbors_of_mean(embedding, keys, weights, topn)
        cosines = cosines_to_mean(embedding, keys, weights)
    except InputError as error:
        with listed:
            show(error)
        return
    with listed:
        noun = wording.noun(row.name).capitalize()
        slot = _slot("mean", row, *keys, *weights, topn)
        answer_list(embedding, answers, name=noun, slot=slot, on_pick=go_near)
        if answers:
            on_the_map(row, answers[0].key, f"Show {plain(wording.called(embedding, answers[0].key, 40))} on the map")
    with nearness:
        _share_in_mean(embedding, cosines, nouns)


def _weights(embedding: Embedding, keys: Sequence[str]) -> list[float]:
    """Draw a field for the weight of each key; return the weights."""
    kept = _read_weights()
    weights = [kept.get(key, 1.0) for key in keys]
    with st.expander("Weights", expanded=any(weight != 1 for weight in weights)):
        for number, (key, weight) in enumerate(list(zip(keys, weights, strict=True))[:_MOST_WEIGHED]):
            widget = f"mean-weight-{number}"
            if st.session_state.get(widget) != weight:
                st.session_state[widget] = weight
            st.number_input(
                plain(wording.called(embedding, key, 40)),
                -_LARGEST_WEIGHT,
                _LARGEST_WEIGHT,
                step=0.5,
                key=widget,
                on_change=partial(_write_weight, key, widget),
            )
        more = f" Those after the first {_MOST_WEIGHED} count once." if len(keys) > _MOST_WEIGHED else ""
        st.caption(f"How much each counts; a negative one is taken away.{more}")
    return weights


def _read_weights() -> dict[str, float]:
    """Return the weights that the address gives, as `2:key`; what cannot be read counts once."""
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
    st.markdown("##### How near each is to the mean")
    names = [wording.called(embedding, key, 60) for key, _ in cosines]
    st.dataframe(
        pd.DataFrame({"Asked about": names, "Cosine": [cosine for _, cosine in cosines]}),
        hide_index=True,
        row_height=34,
        height=34 * (min(len(cosines), 8) + 1) + 3,
        column_config={"Cosine": st.column_config.ProgressColumn(format="%.3f", min_value=0.0, max_value=1.0)},
        alt="Cosine similarity of each key of the question to the mean",
    )
    st.caption(f"Where these are low, the {nouns} have little in common, and the answers say little.")


# The odd one out


@st.fragment
def ask_odd(row: EmbeddingRow, embedding: Embedding) -> None:
    """Ask which of several keys does not belong to the others."""
    address.follow()
    nouns = wording.noun(row.name, 2)
    keys = keys_box(
        embedding, f"Which of these {nouns} is the odd one out?", slot="odd", examples=lambda: odd_examples(embedding)
    )
    if len(keys) < 3:
        st.caption(f"Name three {nouns} or more. The one least similar to the mean of all of them is the odd one out.")
        return
    try:
        found = odd_one_out(embedding, keys)
    except InputError as error:
        show(error)
        return
    st.markdown(_why_odd(embedding, found))
    listed, told = st.columns([3, 1], gap="medium")
    with listed:
        answer_list(
            embedding,
            found.members,
            name=wording.noun(row.name).capitalize(),
            slot=_slot("odd", row, *keys),
            on_pick=go_near,
            score="Cosine to the mean",
        )
    with told, st.container(border=True):
        st.markdown(f"##### {plain(wording.called(embedding, found.odd.key))}")
        on_the_map(row, found.odd.key)
        _show_each_on_the_map(row, embedding, [member.key for member in found.members[:-1]], "The others on the map")
        st.caption(f"The mean is taken of all {len(found.members)}, each at length 1. {wording.COSINE}")


def _why_odd(embedding: Embedding, found: OddOneOut) -> str:
    odd, before = found.members[-1], found.members[-2]
    told = (
        f"{wording.bold(embedding, odd.key)} is the odd one out: its cosine similarity to the mean of all is "
        f"{odd.score:.3f}; the next lowest, {wording.bold(embedding, before.key)}, has {before.score:.3f}."
    )
    return f"{told} That is a close call." if found.margin < _CLOSE_CALL else f"#### {told}"


# All pairs


@st.fragment
def ask_heatmap(row: EmbeddingRow, embedding: Embedding) -> None:
    """Ask how similar each of several keys is to each."""
    address.follow()
    nouns = wording.noun(row.name, 2)
    keys = keys_box(
        embedding,
        f"How similar are these {nouns} to each other?",
        slot="heatmap",
        examples=lambda: [groups(embedding, 2, 4), groups(embedding, 3, 5)],
    )
    if len(keys) < 2:
        st.caption(
            f"Name two to {MOST_KEYS} {nouns}. Those that are alike are put next to each other. {wording.COSINE}"
        )
        return
    found = similarity_matrix(embedding, keys)
    # The picture cuts long names at their end, where the key stands.
    names = [wording.called(embedding, key, _LONGEST_NAME) for key in found.keys]
    # Beside the words there is no room for the names of many.
    picture, told = (
        st.columns([3, 1.3], gap="medium") if len(keys) <= _MOST_BESIDE else (st.container(), st.container())
    )
    with picture:
        figure = similarity_heatmap(found.cosines, names, theme=run_figures.theme())
        run_figures.show(figure, key="similarity-heatmap", alt=f"Cosine similarity of each pair of {len(keys)} {nouns}")
    with told:
        _pairs(row, found, names)
        _show_each_on_the_map(row, embedding, found.keys)
        unwritten = "" if len(keys) <= MOST_WITH_VALUES else " Point at a cell to read its number."
        st.caption(
            "The order comes from clustering: like stands next to like, so groups show as squares along the diagonal."
            f"{unwritten} {wording.COSINE}"
        )


def _pairs(row: EmbeddingRow, found: SimilarityMatrix, names: Sequence[str]) -> None:
    """List the most and the least similar pairs; a click on one compares the two."""
    pairs = found.pairs()
    ends = pairs if len(pairs) <= _N_PAIRS else [*pairs[: _N_PAIRS // 2], *pairs[-_N_PAIRS // 2 :]]
    st.markdown("##### Pairs" if len(pairs) <= _N_PAIRS else "##### Most and least similar")
    slot = _slot("pairs", row, *found.keys)

    def picked() -> None:
        at = picked_row(st.session_state[slot])
        if at is not None and at < len(ends):
            KEY.write(found.keys[ends[at][0]])
            OTHER.write(found.keys[ends[at][1]])
            address.open_view("similarity")

    named = [f"{names[a]} · {names[b]}" for a, b, _ in ends]
    st.dataframe(
        # The number first: long names would push it out of sight.
        pd.DataFrame({"Cosine": [cosine for *_, cosine in ends], "Pair": named}),
        key=slot,
        hide_index=True,
        row_height=34,
        height=34 * (len(ends) + 1) + 3,
        column_config={"Cosine": st.column_config.NumberColumn(format="%.3f", width="small")},
        on_select=picked,
        selection_mode="single-cell",
        alt="The most and the least similar pairs",
    )
