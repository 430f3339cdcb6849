"""What a learning curve says about over-fitting: the training error falls while the validation error rises."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from embedlab.evaluation.score import kind_of

_TRAINING = ("train_", "loss")
_VALIDATION = "validation_"
#: A smaller relative change is rounding or noise.
_LEAST_CHANGE = 0.002


@dataclass(frozen=True)
class ChosenEpoch:
    """The epoch whose model a run uses.

    Parameters
    ----------
    epoch
        From 1.
    metric
        Name of the validation metric; empty if the history has none.
    best, last
        Its value in this epoch, and in the last one before the model was trained again on all data.
    last_epoch
        That last epoch.
    is_overfitting
        Whether the training metric improved after this epoch while the validation metric became visibly worse.
    """

    epoch: int
    metric: str = ""
    best: float = math.nan
    last: float = math.nan
    last_epoch: int = 0
    is_overfitting: bool = False


def chosen_epoch(history: Sequence[Mapping[str, float]], best_epoch: object) -> ChosenEpoch | None:
    """Return what is known about the chosen epoch of a training.

    Parameters
    ----------
    history
        Finished epochs: ``{"epoch": 1, "train_rmse": 0.9, "validation_rmse": 1.0}``.
    best_epoch
        As stored with the run; None is returned if it is not an epoch of the history.
    """
    if not isinstance(best_epoch, int) or isinstance(best_epoch, bool):
        return None
    # Epochs on training and validation data together have other metrics.
    measured = [entry for entry in history if any(name.startswith(_VALIDATION) for name in entry)]
    chosen = next((entry for entry in measured if entry["epoch"] == best_epoch), None)
    if chosen is None:
        found = any(entry["epoch"] == best_epoch for entry in history)
        return ChosenEpoch(best_epoch) if found else None
    names = [name for name in chosen if name.startswith(_VALIDATION)]
    # The loss was watched if it was recorded; accuracy and errors follow it.
    metric = next((name for name in names if name == f"{_VALIDATION}loss"), names[0])
    last = measured[-1]
    training = next((name for start in _TRAINING for name in chosen if name.startswith(start) and name in last), "")
    worst = last.get(metric, math.nan)
    got_worse = _is_better(metric, chosen[metric], worst) and not math.isclose(
        chosen[metric], worst, rel_tol=_LEAST_CHANGE
    )
    is_overfitting = bool(training) and got_worse and _is_better(training, last[training], chosen[training])
    return ChosenEpoch(
        best_epoch, metric, chosen[metric], last.get(metric, math.nan), int(last["epoch"]), is_overfitting
    )


def _is_better(name: str, first: float, second: float) -> bool:
    return first > second if kind_of(name).better == "higher" else first < second
