"""The embedding that a training starts from, and what is refused before anything is queued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.jobs.requests import refuse_misfit
from embedlab.kinds.registry import kind as kind_of
from embedlab.models.contract.base import Parameters
from embedlab.models.registry import model as model_of
from embedlab.tasks.registry import task_of
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


def refuse_unfit(model_name: str, dataset: DatasetRow) -> None:
    """Raise the `EmbedLabError` that says why a model cannot be trained on a dataset; nothing when it can."""
    model = model_of(model_name)
    refuse_misfit(model_name, dataset.kind)
    refusal = task_of(model).refusal(dataset)
    if refusal is not None:
        raise refusal
