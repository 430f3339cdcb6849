"""One dataset: counts, warnings, details, and actions."""

from __future__ import annotations

import streamlit as st

from embedlab.kinds.registry import KINDS, kind_or_unknown
from embedlab.models.registry import models_for
from embedlab.ui.data import protocol_panel
from embedlab.ui.data.dataset_cards import size_bytes
from embedlab.ui.kinds.registry import page_of
from embedlab.ui.scores import imported
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.frame import open_page, page_link
from embedlab.ui.shell.open_dialog import dialog_button
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import dialogs, views
from embedlab.ui.widgets.wording import ago, size, warnings_in_one
from embedlab.workspace.rows import DatasetRow


def draw(row: DatasetRow) -> None:
    """Draw a dataset's page."""
    _head(row)
    _counts(row)
    if row.warnings:
        st.warning(warnings_in_one(row.warnings), icon=":material/warning:")
    kind = kind_or_unknown(row.kind)
    with shown_errors():
        if kind.is_embedding:
            imported.draw(row)
        page_of(row.kind).draw_details(row)
        if row.kind in KINDS:
            protocol_panel.draw(row)
        if kind.one_hot_count is not None:
            query = current.link(dataset=row.id)
            page_link("basics", label="What an embedding is, using this data", icon=":material/school:", query=query)
    _options(row)


def _head(row: DatasetRow) -> None:
    with st.container(gap="xxsmall"):
        _title(row)
        st.caption(
            f"{plain(kind_or_unknown(row.kind).title)} · {size(size_bytes(row))} on disk · added {ago(row.created_at)}"
        )


def _title(row: DatasetRow) -> None:
    workspace = resources.workspace()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(f"{page_of(row.kind).icon} {plain(row.name)}", anchor=False, width="stretch")
        if dialog_button("Rename", "edit", "rename-dataset", row.id):
            dialogs.rename(row.name, lambda name: workspace.rename_dataset(row.id, name))
        if dialog_button("Delete", "delete", "delete-dataset", row.id):
            dialogs.delete(row.name, workspace.dependents_of_dataset(row.id), lambda: _delete(row))
        if models_for(row.kind) and st.button(
            "Train on dataset", icon=":material/model_training:", type="primary", key="train-on-it"
        ):
            open_page("train", dataset=row.id)


def _delete(row: DatasetRow) -> None:
    resources.workspace().delete_dataset(row.id)
    current.set_dataset(None)
    views.go("all")


def _counts(row: DatasetRow) -> None:
    shown = page_of(row.kind).counts(row)
    for box, (title, value) in zip(st.columns(4, gap="small"), shown.items(), strict=False):
        box.metric(title, value, border=True)


def _options(row: DatasetRow) -> None:
    with st.expander("Import options", icon=":material/page_info:", key="expander-options"):
        # JSON is shown as text, never as markup.
        st.json(row.options, expanded=True)
