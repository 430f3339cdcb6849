"""What the catalog tells of the labels of a text."""

from __future__ import annotations

from collections.abc import Mapping

from embedlab.workspace.rows import DatasetRow


def n_labels(dataset: DatasetRow) -> int:
    """Return how many different labels the documents of a dataset have; 0 without labels."""
    labels = dataset.details.get("labels")
    return int(labels.get("different", 0)) if isinstance(labels, Mapping) else 0


def has_labels(dataset: DatasetRow) -> bool:
    """Return whether the dataset's documents have labels."""
    return n_labels(dataset) > 0 or dataset.options.get("label_column") is not None
