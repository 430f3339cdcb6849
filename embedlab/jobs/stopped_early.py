"""The entry for early stopping by the user in the result of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_ENTRY = "stopped_early"


class StoppedEarly(NamedTuple):
    """Finished epochs of a stopped training, and its maximum number of epochs."""

    epoch: int
    n_epochs: int


def stopped_early_entry(epoch: int, n_epochs: int) -> dict[str, Any]:
    """Return the entry for the result of a stopped training."""
    return {_ENTRY: {"epoch": epoch, "n_epochs": n_epochs}}


def stopped_early(result: Mapping[str, Any] | None) -> StoppedEarly | None:
    """Return when a training was stopped, from the result of its job; None if it was not stopped."""
    entry = result.get(_ENTRY) if isinstance(result, Mapping) else None
    if not isinstance(entry, Mapping):
        return None
    epoch, n_epochs = entry.get("epoch"), entry.get("n_epochs")
    numbers = all(isinstance(each, int) and not isinstance(each, bool) for each in (epoch, n_epochs))
    return StoppedEarly(epoch, n_epochs) if numbers and epoch is not None and n_epochs is not None else None
