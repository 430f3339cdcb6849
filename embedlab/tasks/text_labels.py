"""Facts from the catalog about the labels of a text dataset."""

from __future__ import annotations

from collections.abc import Mapping

from embedlab.workspace.rows import DatasetRow


def n_labels(dataset: DatasetRow) -> int:
    """Return the number of different labels of a dataset's documents; 0 without labels."""
    labels = dataset.details.get("labels")
    return int(labels.get("different", 0)) if isinstance(labels, Mapping) else 0


def has_labels(dataset: DatasetRow) -> bool:
    """Return whether the dataset's documents have labels."""
    return n_labels(dataset) > 0 or dataset.options.get("label_column") is not None
