"""The most likely new links of a picked node, for runs that predict links."""

from __future__ import annotations

from typing import Any

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.exploration.new_things.likely_links import likely_links
from embedlab.jobs import inference
from embedlab.kinds.graph.dataset import GraphDataset
from embedlab.models.contract.abilities import PredictsLinks
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.widgets.bar_list import bar_list
from embedlab.workspace.rows import EmbeddingRow

_SHOWN = 10


def draw(row: EmbeddingRow, key: str) -> None:
    """Draw the most likely new links of a key, folded; nothing for runs that do not predict links."""
    if row.run_id is None or not inference.has_ability(resources.workspace().run(row.run_id), PredictsLinks):
        return
    with st.expander("Most likely new links", icon=":material/add_link:", key="expander-likely-links"):
        try:
            ability, dataset = _opened(row.run_id)
            answers = likely_links(ability, dataset, key, _SHOWN)
        except EmbedLabError as error:
            errors.show(error)
            return
        if not answers:
            st.caption("This node is linked to all others.")
            return
        lowest = min(answer.score for answer in answers)
        highest = max(answer.score for answer in answers)
        span = (highest - lowest) or 1.0
        bar_list(
            [(answer.label, answer.score) for answer in answers],
            list_id=f"{row.id}:{key}",
            on_choose=lambda place: current.put("key", answers[place].key),
            key="map:likely-links",
            # Scores of different runs have different scales: the bars compare these answers only.
            lengths=[0.2 + 0.8 * (answer.score - lowest) / span for answer in answers],
        )
        st.caption("Nodes without a link to this one, by the score of the run; the graph's own links are dotted lines.")


def _opened(run_id: str) -> tuple[Any, GraphDataset]:
    return resources.open_cached(
        "links", run_id, lambda: inference.open_with_dataset(resources.workspace(), run_id, PredictsLinks, GraphDataset)
    )
