"""The kind of dataset of each task, so that the name of a model's task implies its training data.

The tasks are one layer above the models: `embedlab.tasks.registry` adds each task here when it registers it.
"""

from __future__ import annotations

from embedlab.core.errors import NotFoundError
from embedlab.core.kind import Kind

_KINDS: dict[str, Kind] = {}


def add_task(name: str, kind: Kind) -> None:
    """Store the kind of dataset of a task."""
    _KINDS[name] = kind


def remove_task(name: str) -> None:
    """Remove a task."""
    _KINDS.pop(name, None)


def kind_of_task(name: str) -> Kind:
    """Return the kind of dataset of a task.

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
