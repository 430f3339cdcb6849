"""The embedding a training starts from, and checks before anything is queued."""

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
    """Load the embedding named by `start_from` (an id or `RUN/name`); None if it is empty.

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
    """Raise `InputError` or `NotFoundError` if an import needs the words of a dataset that has no words."""
    dataset_id = kind_of(kind).words_from(options)
    if dataset_id is not None and not kind_of(workspace.dataset(dataset_id).kind).has_words:
        raise InputError(
            "Vectors can be limited only to the vocabulary of a text.",
            received=workspace.dataset(dataset_id).name,
            remedy="Choose a text dataset.",
        )


def refuse_unfit(model_name: str, dataset: DatasetRow) -> None:
    """Raise an `EmbedLabError` if a model cannot be trained on a dataset."""
    model = model_of(model_name)
    refuse_misfit(model_name, dataset.kind)
    refusal = task_of(model).refusal(dataset)
    if refusal is not None:
        raise refusal


def refuse_parameters(model_name: str, dataset: DatasetRow, parameters: Mapping[str, Any]) -> None:
    """Raise an `EmbedLabError` if a training with these parameters is known to fail; see `Model.refusal`."""
    model = model_of(model_name)
    checked = model.parameters_class.checked(parameters)
    if (error := model.refusal(dataset.counts, checked, dataset.details)) is not None:
        raise error
