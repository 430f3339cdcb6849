"""The run of an embedding, for queries that need the model and not only the vectors."""

from __future__ import annotations

from embedlab.core.errors import NotFoundError
from embedlab.ui.shell import resources
from embedlab.workspace.rows import EmbeddingRow, RunRow


def run_of(row: EmbeddingRow) -> RunRow | None:
    """Return the run that trained an embedding; None for imported vectors or a deleted run."""
    if row.run_id is None:
        return None
    try:
        return resources.workspace().run(row.run_id)
    except NotFoundError:
        return None
