"""What an embedding has learned from, and whether a training may start from it.

A run judged on a test part must not start from vectors that have learned from documents of that part, with or without
their labels. The chain of `start_from` is followed through the catalogue; where it breaks off, nothing is known and the
start is refused. Imported vectors are allowed: what they were learned from is outside the workspace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from embedlab.core.errors import EmbedLabError, NotFoundError, ParameterError
from embedlab.jobs.protocols import dataset_protocol, is_judged_on_split, run_protocol
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.registry import kind as kind_of
from embedlab.kinds.text.dataset import TextDataset
from embedlab.kinds.text.signatures import n_shared_documents
from embedlab.models.registry import model as model_of
from embedlab.workspace.rows import DatasetRow, EmbeddingRow, RunRow
from embedlab.workspace.workspace import Workspace

#: The parameter that names the embedding a training starts from.
START_FROM = "start_from"


@dataclass(frozen=True)
class StartChoice:
    """An embedding a training could start from; `refusal` says why it must not, and is empty if it may."""

    row: EmbeddingRow
    refusal: str


def refuse_start(
    workspace: Workspace,
    model_name: str,
    parameters: Mapping[str, Any],
    dataset: DatasetRow,
    protocol: Protocol | None,
) -> None:
    """Refuse a training that cannot or must not start from the embedding it names.

    Parameters
    ----------
    dataset, protocol
        What the training learns from, and the protocol it is judged under.

    Raises
    ------
    ParameterError
        The vectors have another size, or have learned from the test part.
    NotFoundError
        There is no such embedding.
    """
    checked = model_of(model_name).parameters_class.checked(parameters)
    reference = str(getattr(checked, START_FROM, "") or "")
    if not reference:
        return
    row = workspace.resolve_embedding(reference)
    vector_size = getattr(checked, "vector_size", row.vector_size)
    if row.vector_size != vector_size:
        raise ParameterError(
            f"start_from: {row.title} has vectors of {row.vector_size} numbers, and vector_size is another.",
            received=f"vector_size={vector_size}",
            remedy=f"Set vector_size to {row.vector_size}.",
        )
    if protocol is None or not is_judged_on_split(model_name):
        return
    refusal = start_refusal(workspace, row, dataset, protocol)
    if refusal:
        raise ParameterError(
            f"start_from: these vectors must not start a run that is judged on the test part: {refusal}.",
            received=row.title,
            remedy="Train the words again without the test part, or choose vectors learned from other texts.",
        )


def start_choices(
    workspace: Workspace, model_name: str, dataset: DatasetRow, names: Sequence[str]
) -> list[StartChoice]:
    """Return the embeddings a training could start from, newest first, each with what speaks against it.

    Parameters
    ----------
    names
        Names of embeddings that fit, such as `words`.
    """
    rows = [row for row in workspace.embeddings() if row.name in names]
    if not is_judged_on_split(model_name):
        return [StartChoice(row, "") for row in rows]
    return [StartChoice(row, _refusal_or_error(workspace, row, dataset)) for row in rows]


def _refusal_or_error(workspace: Workspace, row: EmbeddingRow, dataset: DatasetRow) -> str:
    try:
        return start_refusal(workspace, row, dataset, dataset_protocol(dataset))
    except EmbedLabError as error:
        return f"what they have learned from cannot be checked ({error.what.rstrip('.')})"


def start_refusal(workspace: Workspace, row: EmbeddingRow, dataset: DatasetRow, protocol: Protocol) -> str:
    """Return why an embedding must not start a run judged under `protocol`, as the end of a sentence; empty if it may.

    Raises
    ------
    StorageError
        A text that was learned from is missing or damaged.
    """
    try:
        runs = _runs_behind(workspace, row)
        sources = [workspace.dataset(run.dataset_id) for run in runs]
    except NotFoundError:
        return "what they have learned from was deleted and is not known"
    for run, source in zip(runs, sources, strict=True):
        if source.id == dataset.id:
            if run_protocol(run, source) != protocol:
                return _from_same_dataset(run)
        elif kind_of(source.kind).has_words and (shared := _shared_documents(workspace, dataset, source)):
            return f"they have learned from {source.name}, which {shared} this dataset"
    return ""


def _runs_behind(workspace: Workspace, row: EmbeddingRow) -> list[RunRow]:
    """Return the run that made an embedding, the run whose vectors that one started from, and so on.

    Raises
    ------
    NotFoundError
        One of them was deleted.
    """
    found: dict[str, RunRow] = {}
    while row.run_id is not None and row.run_id not in found:
        run = found[row.run_id] = workspace.run(row.run_id)
        if not (reference := str(run.parameters.get(START_FROM) or "")):
            break
        row = workspace.resolve_embedding(reference)
    return list(found.values())


def _from_same_dataset(run: RunRow) -> str:
    if is_judged_on_split(run.model):
        return "they have learned from documents of the test part with their labels, under another evaluation protocol"
    if run.protocol is not None:
        return "they have learned from documents of the test part, under another evaluation protocol"
    return "they have learned from all documents of this dataset, those of the test part included"


@lru_cache(maxsize=1000)
def _n_shared(folder: Path, source_folder: Path) -> int:
    """Return how many documents two texts share; the files of a dataset never change."""
    return n_shared_documents(TextDataset.open(folder), TextDataset.open(source_folder))


def _shared_documents(workspace: Workspace, dataset: DatasetRow, source: DatasetRow) -> str:
    """Return what two texts have in common, as the middle of a sentence; empty if nothing."""
    if source.digest == dataset.digest:
        return "was made from the same file as"
    n_shared = _n_shared(workspace.dataset_folder(dataset.id), workspace.dataset_folder(source.id))
    if n_shared == 0:
        return ""
    return f"shares {n_shared:,} {'document' if n_shared == 1 else 'documents'} with"
