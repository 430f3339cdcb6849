"""The embedding that a training starts from, and what is refused before anything is queued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.kinds.registry import kind as kind_of
from embedlab.kinds.text.labeled import check_classes, unlabelled
from embedlab.models.contract.base import Parameters
from embedlab.models.registry import model as model_of
from embedlab.workspace.rows import DatasetRow
from embedlab.workspace.workspace import Workspace


def start_embedding(workspace: Workspace, parameters: Parameters) -> Embedding | None:
    """Open the embedding that `start_from` names: an id or `RUN/name`; None where nothing is named.

    Raises
    ------
    NotFoundError
        There is no such embedding.
    """
    reference = str(getattr(parameters, "start_from", "") or "")
    if not reference:
        return None
    return workspace.load_embedding(workspace.resolve_embedding(reference).id)


def refuse_wordless(workspace: Workspace, kind: str, options: Mapping[str, Any]) -> None:
    """Raise `InputError` or `NotFoundError` when an import needs the words of a dataset that has no words."""
    dataset_id = kind_of(kind).words_from(options)
    if dataset_id is not None and not kind_of(workspace.dataset(dataset_id).kind).has_words:
        raise InputError(
            "Vectors can be cut to the words of a text only.",
            received=workspace.dataset(dataset_id).name,
            remedy="Name a dataset of text.",
        )


def n_labels(dataset: DatasetRow) -> int:
    """Return how many different labels the documents of a dataset have; 0 without labels."""
    labels = dataset.details.get("labels")
    return int(labels.get("different", 0)) if isinstance(labels, Mapping) else 0


def has_labels(dataset: DatasetRow) -> bool:
    """Tell whether the dataset's documents have labels."""
    return n_labels(dataset) > 0 or dataset.options.get("label_column") is not None


def refuse_unlabelled(model_name: str, dataset: DatasetRow) -> None:
    """Raise `InputError` when a model needs labels that the dataset has not, or that tell no documents apart."""
    if not model_of(model_name).needs_labels:
        return
    if not has_labels(dataset):
        raise unlabelled(dataset.name)
    labels = dataset.details.get("labels") or {}
    n_documents, n_classes = int(labels.get("documents", 0)), n_labels(dataset)
    # Documents without words do not count, which only the training knows; these two are so whatever is left out.
    if n_classes == 1 or n_classes == n_documents > 0:
        check_classes(n_documents, n_classes, received=", ".join(each["label"] for each in labels["most_frequent"][:1]))
