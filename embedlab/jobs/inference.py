"""Opening what a run has learned about things it has not seen. No heavy library is imported here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from embedlab.core.errors import ConflictError, InputError, NotFoundError
from embedlab.core.stored import damage_told, damaged
from embedlab.kinds.ratings import RatingsDataset
from embedlab.kinds.text.dataset import TextDataset
from embedlab.kinds.text.tokenizing import TokenizerOptions
from embedlab.models.contract.base import Model, Predictor, State, TextInference, TextPredictor, WordInference
from embedlab.models.registry import MODELS
from embedlab.workspace.rows import RunRow, Status
from embedlab.workspace.workspace import Workspace

AnyModel = Model[Any, Any]
I = TypeVar("I", TextInference, WordInference, TextPredictor)  # noqa: E741


def infers_texts(run: RunRow) -> bool:
    """Tell whether a run places new texts among its documents."""
    return _can(run, _text_inference)


def infers_words(run: RunRow) -> bool:
    """Tell whether a run makes vectors of words outside its vocabulary."""
    return _can(run, _word_inference)


def classifies_texts(run: RunRow) -> bool:
    """Tell whether a run gives labels to new texts."""
    return _can(run, _text_predictor)


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
    opened = _open(workspace, run, _text_inference, "This run cannot place new texts.")
    return opened, _dataset(workspace, run)


def open_word_inference(workspace: Workspace, run_id: str) -> tuple[WordInference, TokenizerOptions]:
    """Open a run's inference of unknown words, and how its dataset takes texts apart.

    Raises as `open_text_inference` does.
    """
    run = workspace.run(run_id)
    opened = _open(workspace, run, _word_inference, "This run knows no parts of words.")
    return opened, _dataset(workspace, run).options.tokenizer


def open_text_predictor(workspace: Workspace, run_id: str) -> tuple[TextPredictor, TextDataset]:
    """Open a run's classifier of texts, and the dataset, which takes texts apart.

    Raises as `open_text_inference` does.
    """
    run = workspace.run(run_id)
    opened = _open(workspace, run, _text_predictor, "This run gives no labels to texts.", folder="predictor")
    return opened, _dataset(workspace, run)


def open_rating_predictor(workspace: Workspace, run_id: str) -> tuple[Predictor, RatingsDataset]:
    """Open a run's predictor of ratings, and the dataset it has learned from.

    Raises as `open_text_inference` does.
    """
    run = workspace.run(run_id)
    predictor_class = MODELS[run.model].predictor_class if run.model in MODELS else None
    if predictor_class is None:
        raise InputError(
            "This run does not predict ratings.", received=run.name, remedy="Choose a run of a model of ratings."
        )
    _refuse_unfinished(run)
    dataset = workspace.open_dataset(run.dataset_id)
    if not isinstance(dataset, RatingsDataset):
        raise damaged(f"run {run.id}")
    with damage_told(f"run {run.id}"):
        predictor = predictor_class.from_state(State.load(workspace.run_folder(run.id) / "predictor"))
        # The last of each: a table that is too short shows.
        last = (np.array([len(each) - 1, -1], np.int32) for each in (dataset.users, dataset.items))
        if not np.isfinite(predictor.predict(*last)).all():
            raise damaged("predictor")
    return predictor, dataset


def _refuse_unfinished(run: RunRow) -> None:
    if run.status != Status.SUCCEEDED:
        raise ConflictError("The run has not succeeded.", received=run.status, remedy="Wait for it, or restart it.")


def _text_inference(model: AnyModel) -> type[TextInference] | None:
    return model.text_inference_class


def _word_inference(model: AnyModel) -> type[WordInference] | None:
    return model.word_inference_class


def _text_predictor(model: AnyModel) -> type[TextPredictor] | None:
    return model.text_predictor_class


def _can(run: RunRow, class_of: Callable[[AnyModel], object | None]) -> bool:
    known = MODELS.get(run.model)
    return known is not None and class_of(known) is not None and run.status == Status.SUCCEEDED


def _dataset(workspace: Workspace, run: RunRow) -> TextDataset:
    dataset = workspace.open_dataset(run.dataset_id)
    if not isinstance(dataset, TextDataset):
        raise NotFoundError("The run's dataset is no text.", received=run.name)
    return dataset


def _open(
    workspace: Workspace,
    run: RunRow,
    class_of: Callable[[AnyModel], type[I] | None],
    refusal: str,
    folder: str = "state",
) -> I:
    """Open what `class_of` names of the run's model, from the folder of the run that holds its state."""
    known = MODELS.get(run.model)
    opened_class = class_of(known) if known else None
    if opened_class is None:
        able = [each.name for each in MODELS.values() if class_of(each)]
        raise InputError(refusal, received=run.name, remedy=f"Models that can: {', '.join(able)}.")
    _refuse_unfinished(run)
    with damage_told(f"run {run.id}"):
        opened = opened_class.from_state(State.load(workspace.run_folder(run.id) / folder, mapped=True))
        _try(opened)
    return opened


def _try(opened: TextInference | WordInference | TextPredictor) -> None:
    """Ask once, where arrays that do not fit each other show."""
    if isinstance(opened, TextPredictor):
        answers = opened.predict([["a", "b"]])
        if answers.shape != (1, len(opened.classes)) or not np.isfinite(answers).all():
            raise damaged("predictor")
    elif isinstance(opened, WordInference):
        opened.vector("word")
    else:
        opened.vector(["a", "b"])
