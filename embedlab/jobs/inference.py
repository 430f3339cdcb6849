"""What finished runs can do: which runs have an ability, and opening it. No heavy library is imported here."""

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
    """Return whether a run has succeeded and can do something."""
    return run.status == Status.SUCCEEDED and _class_of(run, ability) is not None


def models_with(ability: type[Ability[Any]]) -> list[str]:
    """Return the names of the models whose runs can do something."""
    return [name for name, each in MODELS.items() if each.ability(ability)]


def runs_with(workspace: Workspace, ability: type[Ability[Any]]) -> list[RunRow]:
    """Return the finished runs that can do something, newest first."""
    return [run for run in workspace.runs() if has_ability(run, ability)]


def open_ability(workspace: Workspace, run_id: str, ability: type[AnAbility]) -> AnAbility:
    """Open something that a run can do.

    Raises
    ------
    InputError
        The run cannot do it.
    ConflictError
        The run has not succeeded.
    NotFoundError, StorageError
        There is no such run, or its files are damaged.
    """
    return open_with_dataset(workspace, run_id, ability, object)[0]


def open_with_dataset(
    workspace: Workspace, run_id: str, ability: type[AnAbility], dataset_class: type[D]
) -> tuple[AnAbility, D]:
    """Open something that a run can do, and the dataset the run has learned from.

    Parameters
    ----------
    dataset_class
        What the dataset has to be.

    Raises
    ------
    NotFoundError
        The dataset is something else.
    InputError, ConflictError, StorageError
        As `open_ability` raises them.
    """
    run = workspace.run(run_id)
    opened_class = _class_of(run, ability)
    if opened_class is None:
        able = [each.name for each in MODELS.values() if each.ability(ability)]
        raise InputError(
            ability.refusal,
            received=run.name,
            remedy=f"Choose a run of one of these models: {', '.join(able)}." if able else "",
        )
    if run.status != Status.SUCCEEDED:
        raise ConflictError("The run has not succeeded.", received=run.status, remedy="Wait for it, or restart it.")
    dataset = workspace.open_dataset(run.dataset_id)
    if not isinstance(dataset, dataset_class):
        raise NotFoundError("The run has learned from another kind of dataset.", received=run.name)
    with damage_errors(f"run {run.id}"):
        folder = workspace.run_folder(run.id) / opened_class.folder
        opened = opened_class.from_state(State.load(folder, mapped=opened_class.mapped))
        opened.check(dataset)
    return opened, dataset


def _class_of(run: RunRow, ability: type[AnAbility]) -> type[AnAbility] | None:
    model = MODELS.get(run.model)
    return None if model is None else model.ability(ability)
