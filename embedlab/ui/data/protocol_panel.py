"""The evaluation protocol of a dataset: which part is held out, how large it is, and its seed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from embedlab.jobs.protocols import (
    cases_of,
    checked_protocol,
    has_split,
    named_protocol,
    notes_on,
    part_sizes,
    protocol_names,
    protocols_in_use,
    rating_scale,
    set_protocol,
)
from embedlab.kinds.protocols import LARGEST_SHARE, PROTOCOL_TITLES, SMALLEST_SHARE, Protocol
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
        st.caption(plain(protocol.explanation, 400))
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
    if sizes.positive is not None:
        positive = sizes.positive
        st.caption(
            f"Ratings from {positive.lowest:g} count as positive when recommendations are evaluated: "
            f"{number(positive.train)} in the training part, {number(positive.validation)} in the validation part, "
            f"{number(positive.test)} in the test part."
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
    chosen = _choose_name(row, protocol)
    values: dict[str, Any] = {"name": chosen.name}
    fields = _fields(row, chosen)
    for (name, (label, options)), box in zip(
        fields.items(), st.columns(max(3, len(fields)), gap="small"), strict=False
    ):
        values[name] = box.number_input(label, **options)
    st.caption(
        ":material/warning: A change applies to new runs. Earlier runs keep their protocol and cannot be compared with "
        "new ones."
    )
    if st.button("Change protocol", icon=":material/shuffle:", key="change-protocol"):
        set_protocol(resources.workspace(), row.id, **values)
        st.rerun()


def _choose_name(row: DatasetRow, protocol: Protocol) -> Protocol:
    """Draw the choice among the protocols that the dataset can have; return the chosen one with its defaults."""
    names = protocol_names(row)
    if len(names) < 2:
        return protocol
    name = st.selectbox(
        "Protocol",
        names,
        index=names.index(protocol.name),
        format_func=lambda each: PROTOCOL_TITLES[each],
        key=f"protocol-name:{row.id}",
        width=360,
    )
    chosen = named_protocol(row, protocol, name)
    if chosen.name != protocol.name:
        st.caption(plain(chosen.explanation, 400))
    return chosen


def _fields(row: DatasetRow, protocol: Protocol) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return label and options of the number field of each value that can be chosen, by name."""
    shares: dict[str, Any] = {"min_value": SMALLEST_SHARE, "max_value": LARGEST_SHARE, "step": 0.05, "format": "%.2f"}
    of = " (of users)" if protocol.holds_out_users else " (of groups)" if protocol.name == "whole-groups" else ""
    fields: dict[str, tuple[str, dict[str, Any]]] = {}
    if protocol.draws_at_random:
        fields["seed"] = ("Seed of the split", {"min_value": 0, "step": 1, "value": protocol.seed, "key": "seed"})
    if protocol.draws_validation:
        options = {**shares, "value": protocol.validation_share, "key": "validation"}
        fields["validation_share"] = (f"Validation share{of}", options)
    if protocol.draws_test:
        fields["test_share"] = (f"Test share{of}", {**shares, "value": protocol.test_share, "key": "test"})
    if protocol.holds_out_users:
        options = {**shares, "max_value": 1 - SMALLEST_SHARE, "value": protocol.history_share, "key": "history"}
        help_text = "Share of the ratings of a held-out user that the model gets; the rest is to be predicted."
        fields["history_share"] = ("Share of ratings given", {**options, "help": help_text})
    scale = rating_scale(row)
    if scale is not None and scale.lowest < scale.highest:
        positive = protocol.positive_from
        options = {
            "min_value": scale.lowest,
            "max_value": scale.highest,
            "step": 0.5,
            "value": scale.positive_from if positive is None else positive,
            "key": "positive",
            "help": "When recommendations are evaluated, ratings from this value on count as positive.",
        }
        fields["positive_from"] = ("Lowest positive rating", options)
    return {
        name: (label, {**each, "key": f"protocol-{each['key']}:{row.id}"}) for name, (label, each) in fields.items()
    }
