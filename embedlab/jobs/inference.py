"""The abilities of finished runs: which runs have one, and how to open it. Imports no heavy library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from embedlab.core.errors import ConflictError, InputError, NotFoundError
from embedlab.core.stored import damage_errors
from embedlab.exploration.new_things.recommender import Recommender, split_without_test
from embedlab.jobs.protocols import run_protocol
from embedlab.kinds.ratings.dataset import RatingsDataset
from embedlab.kinds.ratings.parts import ratings_split
from embedlab.models.contract.abilities import Ability, AnAbility, ExplainsScores, FoldsIn, Ranks, Rates
from embedlab.models.contract.base import State
from embedlab.models.registry import MODELS
from embedlab.workspace.rows import RunRow, Status
from embedlab.workspace.workspace import Workspace

D = TypeVar("D")
#: Runs with one of these abilities recommend items; the others add to it where a run has them.
_RECOMMENDS: tuple[type[Ability[Any]], ...] = (Ranks, Rates)
_ADDS: tuple[type[Ability[Any]], ...] = (FoldsIn, ExplainsScores)


def has_ability(run: RunRow, ability: type[Ability[Any]]) -> bool:
    """Return whether a run has succeeded and has an ability."""
    return run.status == Status.SUCCEEDED and _class_of(run, ability) is not None


def models_with(ability: type[Ability[Any]]) -> list[str]:
    """Return the names of the models whose runs have an ability."""
    return [name for name, each in MODELS.items() if each.ability(ability)]


def runs_with(workspace: Workspace, ability: type[Ability[Any]]) -> list[RunRow]:
    """Return the finished runs that have an ability, newest first."""
    return [run for run in workspace.runs() if has_ability(run, ability)]


def open_ability(workspace: Workspace, run_id: str, ability: type[AnAbility]) -> AnAbility:
    """Open an ability of a run.

    Raises
    ------
    InputError
        The run does not have it.
    ConflictError
        The run has not succeeded.
    NotFoundError, StorageError
        There is no such run, or its files are damaged.
    """
    return open_with_dataset(workspace, run_id, ability, object)[0]


def open_with_dataset(
    workspace: Workspace, run_id: str, ability: type[AnAbility], dataset_class: type[D]
) -> tuple[AnAbility, D]:
    """Open an ability of a run, and the dataset the run was trained on.

    Parameters
    ----------
    dataset_class
        Required class of the dataset.

    Raises
    ------
    NotFoundError
        The dataset has another class.
    InputError, ConflictError, StorageError
        As in `open_ability`.
    """
    run = workspace.run(run_id)
    ability_class = _class_of(run, ability)
    if ability_class is None:
        raise _refusal(ability.refusal, run, models_with(ability))
    dataset = _dataset_of(workspace, run, dataset_class)
    return _opened(workspace, run, ability_class, dataset), dataset


def recommending_models() -> list[str]:
    """Return the names of the models whose runs recommend items."""
    return [name for name, each in MODELS.items() if any(each.ability(ability) for ability in _RECOMMENDS)]


def open_recommender(workspace: Workspace, run_id: str) -> Recommender:
    """Open a run for recommendations, with everything it can do for them.

    Raises
    ------
    InputError, ConflictError, NotFoundError, StorageError
        The run does not recommend items, has not succeeded, or is damaged; as in `open_with_dataset`.
    """
    run = workspace.run(run_id)
    classes: Sequence[type[Ability[Any]] | None] = [_class_of(run, ability) for ability in (*_RECOMMENDS, *_ADDS)]
    if not any(classes[: len(_RECOMMENDS)]):
        raise _refusal("This run does not recommend items.", run, recommending_models())
    dataset = _dataset_of(workspace, run, RatingsDataset)
    # One class may have several abilities.
    different = dict.fromkeys(each for each in classes if each is not None)
    abilities = [_opened(workspace, run, each, dataset) for each in different]
    protocol = run_protocol(run, workspace.dataset(run.dataset_id))
    split = split_without_test(dataset) if protocol is None else ratings_split(dataset, protocol)
    return Recommender.of(split, None if protocol is None else protocol.positive_from, abilities)


def _refusal(what: str, run: RunRow, models: Sequence[str]) -> InputError:
    remedy = f"Choose a run of one of these models: {', '.join(models)}." if models else ""
    return InputError(what, received=run.name, remedy=remedy)


def _dataset_of(workspace: Workspace, run: RunRow, dataset_class: type[D]) -> D:
    if run.status != Status.SUCCEEDED:
        raise ConflictError("The run has not succeeded.", received=run.status, remedy="Wait for it, or restart it.")
    dataset = workspace.open_dataset(run.dataset_id)
    if not isinstance(dataset, dataset_class):
        raise NotFoundError("The run was trained on another kind of dataset.", received=run.name)
    return dataset


def _opened(workspace: Workspace, run: RunRow, ability_class: type[AnAbility], dataset: Any) -> AnAbility:
    with damage_errors(f"run {run.id}"):
        folder = workspace.run_folder(run.id) / ability_class.folder
        opened = ability_class.from_state(State.load(folder, mapped=ability_class.mapped))
        opened.check(dataset)
    return opened


def _class_of(run: RunRow, ability: type[AnAbility]) -> type[AnAbility] | None:
    model = MODELS.get(run.model)
    return None if model is None else model.ability(ability)
