"""The way from an answer to the map."""

from __future__ import annotations

from embedlab.ui.shell import current
from embedlab.ui.shell.frame import page_link
from embedlab.workspace.rows import EmbeddingRow


def on_the_map(row: EmbeddingRow, key: str, label: str = "Show on the map") -> None:
    """Link to the map with `key` picked, or with that word placed by its parts when it is no key."""
    page_link("map", label=label, icon=":material/scatter_plot:", query=current.link(embedding=row.id, key=key))
