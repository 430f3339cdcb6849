"""What comes next after the chosen items, with the items it depends on."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import one_line
from embedlab.core.similarity import Answer
from embedlab.exploration.new_things.next_items import Continued, Influence, influences, next_items
from embedlab.jobs.inference import has_ability, open_with_dataset
from embedlab.kinds.sequences.dataset import SequencesDataset
from embedlab.models.contract.sequence_abilities import ContinuesSequence
from embedlab.ui.ask.questions import topn_slider
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.shell.runs import run_of
from embedlab.ui.widgets import address
from embedlab.ui.widgets.answer_list import answer_columns, answer_list
from embedlab.ui.widgets.keys.keys_box import KEYS, keys_box, write
from embedlab.workspace.rows import EmbeddingRow

_WHY = "why-next"
_ROW_HEIGHT = 34
_MOST_REASONS = 10
_N_EXAMPLES = 3


def can_continue(row: EmbeddingRow) -> bool:
    """Return whether the run of an embedding predicts the next item of a sequence."""
    run = run_of(row)
    return run is not None and has_ability(run, ContinuesSequence)


def _opened(run_id: str) -> tuple[ContinuesSequence, SequencesDataset]:
    workspace = resources.workspace()
    return resources.open_cached(
        "continues-sequence",
        run_id,
        lambda: open_with_dataset(workspace, run_id, ContinuesSequence, SequencesDataset),
        spinner="Opening the run …",
    )


@st.fragment
def ask_next(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the items so far, and what probably comes next."""
    question, settings = st.columns([3, 1], gap="medium")
    with settings:
        topn = topn_slider()
    with question:
        keys = keys_box(
            embedding,
            "Items so far, oldest first",
            slot="next",
            examples=lambda: [list(embedding.keys[place : place + 2]) for place in range(_N_EXAMPLES)],
        )
    try:
        ability, dataset = _opened(str(row.run_id))
        found = next_items(ability, dataset, keys, topn)
    except EmbedLabError as error:
        show(error)
        return
    list_column, reasons_column = answer_columns()
    with list_column:
        _answers(row, embedding, found, keys)
    with reasons_column:
        _reasons(ability, dataset, found)


def _answers(row: EmbeddingRow, embedding: Embedding, found: Continued, keys: list[str]) -> None:
    if not found.answers:
        st.info("No item is left to predict.", icon=":material/done_all:")
        return
    st.markdown("**What comes next**" if keys else "**Without any item so far**")
    more = {}
    if found.answers[0].probability is not None:
        more["Probability"] = [f"{100 * (each.probability or 0.0):.1f} %" for each in found.answers]
    known = [each for each in found.answers if each.key in embedding.key_to_index]
    scores = [each.score for each in known]
    answer_list(
        embedding,
        [Answer(each.key, each.label, each.score) for each in known],
        name="Item",
        slot=f"next-{row.id}-{'-'.join(keys)}-{len(known)}",
        on_pick=_ask_why,
        score="Score",
        scale=(min(0.0, *scores), max(*scores, 1e-9)),
        score_format="%.3f",
        more=more,
    )
    notes = ["Click an item to see which items it depends on."]
    if found.n_untrained:
        notes.append(f"{found.n_untrained} of the items so far have no event in training, so they say nothing.")
    if not found.history:
        notes.append("Choose items above to predict from them.")
    st.caption("  \n".join(notes))


def _ask_why(key: str) -> None:
    st.session_state[_WHY] = key


def _reasons(ability: ContinuesSequence, dataset: SequencesDataset, found: Continued) -> None:
    """Draw the reasons for the item that was clicked, else for the first one."""
    if not found.answers or not found.history:
        return
    chosen = next((each for each in found.answers if each.key == st.session_state.get(_WHY)), found.answers[0])
    with st.container(border=True, gap="small", key="next-reasons"):
        st.markdown(f"**Why {plain(chosen.label, 60)}?**")
        (reasons,) = influences(ability, dataset, found.history, [chosen.row])
        st.dataframe(
            reasons_table(reasons),
            hide_index=True,
            row_height=_ROW_HEIGHT,
            placeholder="",
            column_config={
                "Item so far": st.column_config.TextColumn(width=125),
                "Falls by": st.column_config.NumberColumn(format="%.2f", width=75),
            },
            alt=f"How much the score of {one_line(chosen.label, 60)} depends on each item so far",
        )
        st.caption("The score falls by this much if the item is left out. Below zero, the item speaks against it.")
        st.button(
            "Add to the items so far",
            icon=":material/add:",
            key="next-add",
            on_click=_append,
            args=(chosen.key,),
            type="tertiary",
        )


def _append(key: str) -> None:
    write([*address.read_list(KEYS, 1_000), key])


def reasons_table(reasons: list[Influence]) -> pd.DataFrame:
    """Return the largest influences as rows."""
    shown = reasons[:_MOST_REASONS]
    return pd.DataFrame(
        {
            "Item so far": [one_line(each.label, 80) for each in shown],
            "Falls by": [each.change for each in shown],
        }
    )
