"""The run behind an embedding: what it can be asked beyond the embedding's own vectors."""

from __future__ import annotations

from embedlab.core.errors import NotFoundError
from embedlab.ui.shell import resources
from embedlab.workspace.rows import EmbeddingRow, RunRow


def run_behind(row: EmbeddingRow) -> RunRow | None:
    """Return the run that made an embedding; None for imported vectors, and when it is there no more."""
    if row.run_id is None:
        return None
    try:
        return resources.workspace().run(row.run_id)
    except NotFoundError:
        return None
