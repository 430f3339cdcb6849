"""Opening what a run has learned about things it has not seen. No heavy library is imported here."""

from __future__ import annotations

from typing import TypeVar

from embedlab.datasets.text import TextDataset
from embedlab.datasets.tokenizing import TokenizerOptions
from embedlab.errors import ConflictError, InputError, NotFoundError
from embedlab.models.base import State, TextInference, WordInference
from embedlab.models.registry import MODELS
from embedlab.workspace.rows import RunRow, Status
from embedlab.workspace.workspace import Workspace

I = TypeVar("I", TextInference, WordInference)  # noqa: E741


def infers_texts(run: RunRow) -> bool:
    """Tell whether a run places new texts among its documents."""
    known = MODELS.get(run.model)
    return known is not None and known.text_inference_class is not None and run.status == Status.SUCCEEDED


def infers_words(run: RunRow) -> bool:
    """Tell whether a run makes vectors of words outside its vocabulary."""
    known = MODELS.get(run.model)
    return known is not None and known.word_inference_class is not None and run.status == Status.SUCCEEDED


def open_text_inference(workspace: Workspace, run_id: str) -> tuple[TextInference, TextDataset]:
    """Open a run's inference of new texts, and the dataset, which takes texts apart.

    Raises
    ------
    InputError
        The run's model cannot place new texts.
    ConflictError
        The run has not succeeded.
    NotFoundError, StorageError
        There is no such run, or its files are damaged.
    """
    run = workspace.run(run_id)
    known = MODELS.get(run.model)
    able = [each.name for each in MODELS.values() if each.text_inference_class]
    opened = _open(
        workspace, run, known.text_inference_class if known else None, "This run cannot place new texts.", able
    )
    return opened, _dataset(workspace, run)


def open_word_inference(workspace: Workspace, run_id: str) -> tuple[WordInference, TokenizerOptions]:
    """Open a run's inference of unknown words, and how its dataset takes texts apart.

    Raises as `open_text_inference` does.
    """
    run = workspace.run(run_id)
    known = MODELS.get(run.model)
    able = [each.name for each in MODELS.values() if each.word_inference_class]
    refusal = "This run knows no parts of words."
    opened = _open(workspace, run, known.word_inference_class if known else None, refusal, able)
    return opened, _dataset(workspace, run).options.tokenizer


def _dataset(workspace: Workspace, run: RunRow) -> TextDataset:
    dataset = workspace.open_dataset(run.dataset_id)
    if not isinstance(dataset, TextDataset):
        raise NotFoundError("The run's dataset is no text.", received=run.name)
    return dataset


def _open(workspace: Workspace, run: RunRow, inference_class: type[I] | None, refusal: str, able: list[str]) -> I:
    if inference_class is None:
        raise InputError(refusal, received=run.name, remedy=f"Models that can: {', '.join(able)}.")
    if run.status != Status.SUCCEEDED:
        raise ConflictError("The run has not succeeded.", received=run.status, remedy="Wait for it, or restart it.")
    return inference_class.from_state(State.load(workspace.run_folder(run.id) / "state", mapped=True))
