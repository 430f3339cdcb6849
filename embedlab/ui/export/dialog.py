"""Taking an embedding away: a format with a plain note, a file prepared on demand, a link that downloads it."""

from __future__ import annotations

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.export import FORMATS
from embedlab.projections.registry import title_of
from embedlab.ui.export.prepared import Prepared, estimated_bytes, prepare_embedding, takes_coordinates
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.shell.urls import base_path
from embedlab.ui.widgets.wording import size
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow

# Up to this size the file is written as soon as a format is chosen; above, the user asks for it.
_AT_ONCE_BYTES = 20_000_000


def take_away(row: EmbeddingRow, *, slot: str = "take-away") -> None:
    """Draw the panel that exports an embedding.

    Call it where it is seen only when wanted (a dialog, or an expander that is open): a small embedding is written to
    the disk as soon as the panel is drawn.

    Parameters
    ----------
    row
        The embedding.
    slot
        A name for this panel among those of the page.
    """
    format_name = st.radio(
        "Format",
        list(FORMATS),
        format_func=lambda name: plain(FORMATS[name].title),
        captions=[plain(form.note, 300) for form in FORMATS.values()],
        key=f"{slot}-format",
        persist_state="session",
    )
    projection = current.current_projection(row.id) if takes_coordinates(format_name) else None
    if projection is not None and not _with_coordinates(projection, slot):
        projection = None
    expected = estimated_bytes(row, format_name)
    if expected > _AT_ONCE_BYTES and not st.button(
        f"Prepare the file (about {size(expected)})", key=f"{slot}-prepare", icon=":material/build:"
    ):
        return
    try:
        with st.spinner("Writing the file"):
            prepared = prepare_embedding(
                resources.workspace(), row, format_name, None if projection is None else projection.id
            )
    except EmbedLabError as error:
        errors.show(error)
        return
    download_link(prepared)


@st.dialog("Export", width="medium")
def take_away_window(row: EmbeddingRow) -> None:
    """Show the panel in a window over the page."""
    st.caption(f"{plain(row.title)}: {row.n_keys:,} vectors of {row.vector_size} numbers.")
    take_away(row, slot="take-away-window")


def _with_coordinates(projection: ProjectionRow, slot: str) -> bool:
    return st.checkbox(
        f"With the coordinates of the map: {plain(title_of(projection.method))} {projection.n_components}-D",
        value=True,
        key=f"{slot}-coordinates",
        persist_state="session",
    )


def download_link(prepared: Prepared) -> None:
    """Draw the button that downloads a prepared file, straight from the disk."""
    st.link_button(
        f"Download {plain(prepared.path.name)} ({size(prepared.size_bytes)})",
        f"{base_path()}/exports/{prepared.id}",
        type="primary",
        icon=":material/download:",
    )
