"""Link from an answer to the map."""

from __future__ import annotations

from embedlab.ui.shell import current
from embedlab.ui.shell.frame import page_link
from embedlab.workspace.rows import EmbeddingRow


def show_on_map_link(row: EmbeddingRow, key: str, label: str = "Show on the map") -> None:
    """Draw a link to the map with `key` picked, or placed by its subwords if it is out of vocabulary."""
    page_link("map", label=label, icon=":material/scatter_plot:", query=current.link(embedding=row.id, key=key))
