"""The evaluation protocol of a dataset: which part is held out, how large it is, and its seed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from embedlab.jobs.protocols import (
    cases_of,
    checked_protocol,
    has_split,
    notes_on,
    part_sizes,
    protocols_in_use,
    set_protocol,
)
from embedlab.kinds.protocols import LARGEST_SHARE, SMALLEST_SHARE, Protocol
from embedlab.tasks.base import PartSizes
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import counted, number
from embedlab.workspace.rows import DatasetRow


def draw(row: DatasetRow) -> None:
    """Draw the protocol of a dataset, if it has one."""
    if not has_split(row):
        return
    panel = st.expander("Evaluation protocol", icon=":material/splitscreen:", key="expander-protocol")
    with panel, shown_errors():
        protocol = checked_protocol(row)
        st.markdown(f"{plain(protocol.title, 200)}. All runs on this dataset are scored on the same test part.")
        _parts(row, protocol)
        for note in notes_on(row, protocol):
            st.caption(plain(note, 400))
        _other_protocols(row, protocol)
        _form(row, protocol)


@st.cache_data(max_entries=100, show_spinner="Counting the parts …")
def _sizes(dataset_id: str, protocol: Protocol) -> PartSizes:
    workspace = resources.workspace()
    return part_sizes(workspace, workspace.dataset(dataset_id), protocol)


def _parts(row: DatasetRow, protocol: Protocol) -> None:
    sizes, cases = _sizes(row.id, protocol), cases_of(row)
    n_cases = [sizes.train, sizes.validation, sizes.test]
    table = {
        "Part": ["Training", "Validation", "Test"],
        cases: n_cases,
        "Share": [100 * n / max(1, sum(n_cases)) for n in n_cases],
        "Purpose": [
            "Models are trained on it.",
            "Used to choose the number of epochs and the settings.",
            "Published with the dataset. Used only for the test scores."
            if protocol.name == "published"
            else "Used only for the test scores.",
        ],
    }
    st.dataframe(
        pd.DataFrame(table),
        hide_index=True,
        placeholder="",
        column_config={
            cases: st.column_config.NumberColumn(format="localized", width="small"),
            "Share": st.column_config.NumberColumn(format="%.1f %%", width="small"),
        },
    )
    if sizes.n_grouped_documents:
        st.caption(
            f"{counted(sizes.n_grouped_documents, 'documents')} have the same words as another one "
            f"({number(sizes.n_duplicates)} are copies). Copies are always in the same part, so no test document "
            "is also a training document."
        )


def _other_protocols(row: DatasetRow, protocol: Protocol) -> None:
    used = protocols_in_use(resources.workspace(), row)
    others = [use for use in used if use.protocol != protocol]
    if others:
        listed = "; ".join(f"{plain(use.protocol.title, 200)}: {counted(use.n_runs, 'runs')}" for use in others)
        st.caption(f"Runs under other protocols, not comparable with new ones: {listed}.")


def _form(row: DatasetRow, protocol: Protocol) -> None:
    seed_box, validation_box, test_box = st.columns(3, gap="small")
    seed = seed_box.number_input(
        "Seed of the split", min_value=0, step=1, value=protocol.seed, key=f"protocol-seed:{row.id}"
    )
    shares: dict[str, Any] = {"min_value": SMALLEST_SHARE, "max_value": LARGEST_SHARE, "step": 0.05, "format": "%.2f"}
    validation_share = validation_box.number_input(
        "Validation share", value=protocol.validation_share, key=f"protocol-validation:{row.id}", **shares
    )
    test_share = None
    if protocol.name == "random":
        test_share = test_box.number_input(
            "Test share", value=protocol.test_share, key=f"protocol-test:{row.id}", **shares
        )
    st.caption(
        ":material/warning: A change applies to new runs. Earlier runs keep their protocol and cannot be compared with "
        "new ones."
    )
    if st.button("Change protocol", icon=":material/shuffle:", key="change-protocol"):
        set_protocol(resources.workspace(), row.id, seed=seed, validation_share=validation_share, test_share=test_share)
        st.rerun()
