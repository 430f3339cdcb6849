"""Export of an embedding: choice of format, a file written on demand, and its download link."""

from __future__ import annotations

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.export import FORMATS
from embedlab.projections.registry import title_of
from embedlab.ui.export.files import ExportFile, estimated_bytes, has_coordinates, prepare_embedding
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.shell.open_dialog import close
from embedlab.ui.shell.plain import plain
from embedlab.ui.shell.urls import base_path
from embedlab.ui.widgets.wording import size
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow

# Up to this size the file is written as soon as a format is chosen; larger files need a button.
_AT_ONCE_BYTES = 20_000_000


def export_panel(row: EmbeddingRow, *, slot: str = "export") -> None:
    """Draw the panel that exports an embedding.

    Call it only where the user asked for it (in a dialog or an open expander): a small embedding is written to
    disk as soon as the panel is drawn.

    Parameters
    ----------
    row
        The embedding.
    slot
        Prefix of the widget keys, unique on the page.
    """
    format_name = st.radio(
        "Format",
        list(FORMATS),
        format_func=lambda name: plain(FORMATS[name].title),
        captions=[plain(form.note, 300) for form in FORMATS.values()],
        key=f"{slot}-format",
        persist_state="session",
    )
    projection = current.current_projection(row.id) if has_coordinates(format_name) else None
    if projection is not None and not _include_coordinates(projection, slot):
        projection = None
    expected = estimated_bytes(row, format_name)
    if expected > _AT_ONCE_BYTES and not st.button(
        f"Prepare file (about {size(expected)})", key=f"{slot}-prepare", icon=":material/build:"
    ):
        return
    try:
        with st.spinner("Writing the file …"):
            file = prepare_embedding(
                resources.workspace(), row, format_name, None if projection is None else projection.id
            )
    except EmbedLabError as error:
        errors.show(error)
        return
    download_link(file)


@st.dialog("Export", width="medium", on_dismiss=close)
def export_dialog(row: EmbeddingRow) -> None:
    """Show the export panel in a dialog."""
    st.caption(f"{plain(row.title)}: {row.n_keys:,} vectors, {row.vector_size} dimensions")
    export_panel(row, slot="export-dialog")


def _include_coordinates(projection: ProjectionRow, slot: str) -> bool:
    return st.checkbox(
        f"Include map coordinates: {plain(title_of(projection.method))} {projection.n_components}-D",
        value=True,
        key=f"{slot}-coordinates",
        persist_state="session",
    )


def download_link(file: ExportFile) -> None:
    """Draw the button that downloads a file straight from disk."""
    st.link_button(
        f"Download {plain(file.path.name)} ({size(file.size_bytes)})",
        f"{base_path()}/exports/{file.id}",
        type="primary",
        icon=":material/download:",
    )
