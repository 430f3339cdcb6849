"""The training data of an embedding, and whether a training may start from it.

A run that is evaluated on a test part must not start from vectors that were trained on documents of that part, with or
without their labels. The chain of `start_from` is followed through the catalog; if it is broken, the start is refused.
Imported vectors are allowed, because their training data is outside the workspace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from embedlab.core.errors import EmbedLabError, NotFoundError, ParameterError
from embedlab.core.kind import Kind
from embedlab.jobs.ancestry import START_FROM, Ancestry, Source
from embedlab.jobs.protocols import dataset_protocol, is_judged_on_split, run_protocol
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.registry import kind as kind_of
from embedlab.kinds.text.dataset import TextDataset
from embedlab.kinds.text.signatures import n_shared_documents, n_shared_texts
from embedlab.models.registry import model as model_of
from embedlab.workspace.rows import DatasetRow, EmbeddingRow, RunRow
from embedlab.workspace.workspace import Workspace


@dataclass(frozen=True)
class StartChoice:
    """An embedding to start from; `refusal` says why that is not allowed, and is empty if it is."""

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
        The training dataset, and the evaluation protocol.

    Raises
    ------
    ParameterError
        The vectors have another size, or were trained on the test part.
    NotFoundError
        There is no such embedding.
    """
    checked = model_of(model_name).parameters_class.checked(parameters)
    reference = str(getattr(checked, START_FROM, "") or "")
    if not reference:
        return
    row = workspace.resolve_embedding(reference)
    name = checked.start_size
    vector_size = getattr(checked, name, row.vector_size) if name else row.vector_size
    if row.vector_size != vector_size:
        raise ParameterError(
            f"start_from: {row.title} has {row.vector_size} dimensions, which differs from {name}.",
            received=f"{name}={vector_size}",
            remedy=f"Set {name} to {row.vector_size}.",
        )
    if protocol is None or not is_judged_on_split(model_name):
        return
    refusal = start_refusal(workspace, row, dataset, protocol)
    if refusal:
        raise ParameterError(
            f"start_from: a run that is evaluated on the test part must not start from these vectors: {refusal}.",
            received=row.title,
            remedy="Train the words again without the test part, or choose vectors trained on other texts.",
        )


def start_choices(
    workspace: Workspace,
    model_name: str,
    dataset: DatasetRow,
    names: Sequence[str],
    rows: Sequence[EmbeddingRow] | None = None,
) -> list[StartChoice]:
    """Return the embeddings a training could start from, newest first, each with a refusal if it is not allowed.

    Parameters
    ----------
    names
        Names of suitable embeddings, such as `words`.
    rows
        The embeddings to choose from; by default all.
    """
    rows = workspace.embeddings() if rows is None else rows
    rows = [row for row in rows if row.name in names]
    if not is_judged_on_split(model_name):
        return [StartChoice(row, "") for row in rows]
    ancestry = Ancestry(workspace, rows)
    return [StartChoice(row, _refusal_or_error(ancestry, row, dataset)) for row in rows]


def _refusal_or_error(ancestry: Ancestry, row: EmbeddingRow, dataset: DatasetRow) -> str:
    try:
        return _refusal(ancestry, row, dataset, dataset_protocol(dataset))
    except EmbedLabError as error:
        return f"their training data cannot be checked ({error.what.rstrip('.')})"


def start_refusal(workspace: Workspace, row: EmbeddingRow, dataset: DatasetRow, protocol: Protocol) -> str:
    """Return why a run with `protocol` must not start from an embedding, as the end of a sentence; empty if it may.

    Raises
    ------
    StorageError
        A training text is missing or damaged.
    """
    return _refusal(Ancestry(workspace, [row]), row, dataset, protocol)


def _refusal(ancestry: Ancestry, row: EmbeddingRow, dataset: DatasetRow, protocol: Protocol) -> str:
    try:
        runs = ancestry.ancestors(row)
        sources = [ancestry.source(run) for run in runs]
    except NotFoundError:
        return "their training data was deleted and is unknown"
    for run, source in zip(runs, sources, strict=True):
        if source.id == dataset.id:
            if run_protocol(run, dataset) != protocol:
                return _from_same_dataset(run)
        elif kind_of(source.kind).has_words and (shared := _shared_documents(ancestry.workspace, dataset, source)):
            return f"they were trained on {source.name}, which {shared} this dataset"
    return ""


def _from_same_dataset(run: RunRow) -> str:
    if is_judged_on_split(run.model):
        return "they were trained on documents of the test part with their labels, under another evaluation protocol"
    if run.protocol is not None:
        return "they were trained on documents of the test part, under another evaluation protocol"
    return "they were trained on all documents of this dataset, including the test part"


@lru_cache(maxsize=1000)
def _n_shared(kind: Kind, folder: Path, source_folder: Path) -> int:
    """Return how many documents or texts a dataset shares with a text; cached: the files of a dataset never change."""
    known, source = kind_of(kind), TextDataset.open(source_folder)
    if known.has_words:
        return n_shared_documents(TextDataset.open(folder), source)
    return n_shared_texts(known.texts(known.open(folder)), source)


def _shared_documents(workspace: Workspace, dataset: DatasetRow, source: Source) -> str:
    """Return what two texts have in common, as part of a sentence; empty if nothing."""
    if source.digest == dataset.digest:
        return "was made from the same file as"
    folders = workspace.dataset_folder(dataset.id), workspace.dataset_folder(source.id)
    n_shared = _n_shared(Kind(dataset.kind), *folders)
    if n_shared == 0:
        return ""
    return f"shares {n_shared:,} {'document' if n_shared == 1 else 'documents'} with"
