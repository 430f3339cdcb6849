"""Choice of the evaluation protocol of the compared runs."""

from __future__ import annotations

import streamlit as st

from embedlab.jobs.comparison import Comparison
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import counted
from embedlab.workspace.rows import DatasetRow


def chosen(dataset: DatasetRow) -> str | None:
    """Return the id of the protocol selected for a dataset; None if none is selected or its runs were deleted."""
    protocol_id: str | None = st.session_state.get(_key(dataset))
    return protocol_id if protocol_id in st.session_state.get(_offered(dataset), ()) else None


def draw(dataset: DatasetRow, comparison: Comparison) -> None:
    """Draw the protocol of the runs, the choice of another one, and how many runs are left out."""
    st.session_state[_offered(dataset)] = tuple(use.protocol.id for use in comparison.protocols)
    if comparison.protocol is None:
        return
    if len(comparison.protocols) < 2:
        st.caption(f"Evaluation protocol: {plain(comparison.protocol.title, 200)}")
        return
    titles = {use.protocol.id: f"{use.protocol.title} ({counted(use.n_runs, 'runs')})" for use in comparison.protocols}
    st.session_state[_key(dataset)] = comparison.protocol.id
    st.selectbox("Evaluation protocol", list(titles), format_func=lambda one: titles.get(one, one), key=_key(dataset))
    st.caption(
        f":material/info: {counted(comparison.n_left_out, 'runs')} with other protocols not shown. They were scored on "
        "other test parts, so their scores cannot be compared with these."
    )


def _key(dataset: DatasetRow) -> str:
    return f"comparison-protocol:{dataset.id}"


def _offered(dataset: DatasetRow) -> str:
    return f"comparison-protocols:{dataset.id}"
