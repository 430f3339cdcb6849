"""The kind of dataset of each task, so that a model knows from its task's name what it learns from.

The tasks are one floor above the models: `embedlab.tasks.registry` adds each task here when it registers it.
"""

from __future__ import annotations

from embedlab.core.errors import NotFoundError
from embedlab.core.kind import Kind

_KINDS: dict[str, Kind] = {}


def add_task(name: str, kind: Kind) -> None:
    """Note the kind of dataset that a task is about."""
    _KINDS[name] = kind


def remove_task(name: str) -> None:
    """Forget a task."""
    _KINDS.pop(name, None)


def kind_of_task(name: str) -> Kind:
    """Return the kind of dataset that a task is about.

    Raises
    ------
    NotFoundError
        The task is not registered.
    """
    try:
        return _KINDS[name]
    except KeyError:
        raise NotFoundError(
            "There is no such task.", received=name, remedy="Register the task in embedlab.tasks.registry first."
        ) from None
