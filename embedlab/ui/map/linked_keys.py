"""The edges of a picked key in the data itself, which the map draws beside its nearest neighbors."""

from __future__ import annotations

from typing import Final

from embedlab.core.embedding import Embedding
from embedlab.kinds.registry import kind_or_unknown
from embedlab.ui.map import isolated
from embedlab.ui.shell import resources

#: More lines from one point hide the map.
MOST_LINKED: Final = 200


def linked_rows(source_id: str, embedding: Embedding, index: int) -> list[int]:
    """Return the indices of at most `MOST_LINKED` points that are linked to a point; empty for data without links."""
    row = isolated.embedding_row(source_id)
    workspace = resources.workspace()
    dataset_id = row.dataset_id
    if dataset_id is None:
        return []
    known = kind_or_unknown(workspace.dataset(dataset_id).kind)
    if not known.has_links:
        return []
    dataset = resources.open_cached("dataset", dataset_id, lambda: workspace.open_dataset(dataset_id))
    places = (embedding.key_to_index.get(key) for key in known.linked(dataset, row.name, embedding.keys[index]))
    return [place for place in places if place is not None][:MOST_LINKED]
