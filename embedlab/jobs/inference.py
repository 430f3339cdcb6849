"""The abilities of finished runs: which runs have one, and how to open it. Imports no heavy library."""

from __future__ import annotations

from typing import Any, TypeVar

from embedlab.core.errors import ConflictError, InputError, NotFoundError
from embedlab.core.stored import damage_errors
from embedlab.models.contract.abilities import Ability, AnAbility
from embedlab.models.contract.base import State
from embedlab.models.registry import MODELS
from embedlab.workspace.rows import RunRow, Status
from embedlab.workspace.workspace import Workspace

D = TypeVar("D")


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
        names = models_with(ability)
        raise InputError(
            ability.refusal,
            received=run.name,
            remedy=f"Choose a run of one of these models: {', '.join(names)}." if names else "",
        )
    if run.status != Status.SUCCEEDED:
        raise ConflictError("The run has not succeeded.", received=run.status, remedy="Wait for it, or restart it.")
    dataset = workspace.open_dataset(run.dataset_id)
    if not isinstance(dataset, dataset_class):
        raise NotFoundError("The run was trained on another kind of dataset.", received=run.name)
    with damage_errors(f"run {run.id}"):
        folder = workspace.run_folder(run.id) / ability_class.folder
        opened = ability_class.from_state(State.load(folder, mapped=ability_class.mapped))
        opened.check(dataset)
    return opened, dataset


def _class_of(run: RunRow, ability: type[AnAbility]) -> type[AnAbility] | None:
    model = MODELS.get(run.model)
    return None if model is None else model.ability(ability)
