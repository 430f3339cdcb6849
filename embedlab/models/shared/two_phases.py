"""Early stopping on a validation part, then a refit on all data: the two phases of both supervised models.

First phase: train on the training part, evaluate each epoch on the validation part, choose the best epoch. Second phase
(refit): train on the training and validation parts together, for the chosen number of epochs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from embedlab.models.contract.base import checkpoint_mismatch

REFIT_HELP = "Train again on training + validation data with the chosen number of epochs."
LAST_EPOCH, STILL_IMPROVING, OUT_OF_PATIENCE = "last_epoch", "last_epoch_still_improving", "patience"
#: The epoch that early stopping typically chooses.
_TYPICAL_BEST_EPOCH = 15


@dataclass
class TwoPhases:
    """The state of a training in two phases.

    Parameters
    ----------
    max_epochs
        Maximum number of epochs of the first phase.
    patience
        Epochs without improvement after which the first phase ends; 0: never, and the last epoch is chosen.
    refit
        Whether there is a second phase.
    epoch
        Finished epochs of the current phase.
    first_epochs
        Epochs of the first phase; 0 until it ends.
    best_epoch, best_error
        The chosen epoch (1 is the first) and its validation error; 0 before the first epoch.
    """

    max_epochs: int
    patience: int
    refit: bool
    epoch: int = 0
    first_epochs: int = 0
    best_epoch: int = 0
    best_error: float = float("inf")

    @property
    def is_refit(self) -> bool:
        """Whether the second phase has started."""
        return self.first_epochs > 0

    @property
    def is_out_of_patience(self) -> bool:
        """Whether the first phase has had `patience` epochs without improvement."""
        return bool(self.patience and self.best_epoch and self.epoch - self.best_epoch >= self.patience)

    @property
    def phase_ended(self) -> bool:
        """Whether the current phase is finished."""
        if self.is_refit:
            return self.epoch >= self.best_epoch
        return self.epoch >= self.max_epochs or self.is_out_of_patience

    @property
    def finished_epochs(self) -> int:
        """Finished epochs of both phases."""
        return self.first_epochs + self.epoch

    @property
    def expected_epochs(self) -> int:
        """Expected epochs of both phases; the number only decreases."""
        if self.is_refit:
            return self.first_epochs + self.best_epoch
        return self.max_epochs * (2 if self.refit else 1)

    def finish_epoch(self, error: float) -> bool:
        """Count a finished epoch of the first phase with its validation error; return whether it is the best so far."""
        self.epoch += 1
        # Without patience, the last epoch is used.
        if self.patience and not error < self.best_error:
            return False
        self.best_epoch, self.best_error = self.epoch, error
        return True

    def start_refit(self) -> None:
        """Start the second phase."""
        self.first_epochs, self.epoch = self.epoch, 0

    @property
    def stopped(self) -> str:
        """Why the first phase ended: `patience`, `last_epoch_still_improving` or `last_epoch`."""
        epochs = self.first_epochs or self.epoch
        if not self.patience:
            return LAST_EPOCH
        if epochs - self.best_epoch >= self.patience:
            return OUT_OF_PATIENCE
        return STILL_IMPROVING if self.best_epoch == epochs else LAST_EPOCH

    def config(self) -> dict[str, Any]:
        """Return the values that `resume` needs, as JSON."""
        return {
            "epoch": self.epoch,
            "first_epochs": self.first_epochs,
            "best_epoch": self.best_epoch,
            "best_error": self.best_error,
        }

    def resume(self, config: Mapping[str, Any], error_name: str) -> None:
        """Resume from a checkpoint; `error_name` is the name of the best error in earlier versions.

        Raises
        ------
        InputError
            The checkpoint lacks a number, or it cannot be one.
        """
        try:
            self.epoch, self.best_epoch = int(config["epoch"]), int(config["best_epoch"])
            self.first_epochs = int(config.get("first_epochs", 0))
            self.best_error = float(config["best_error"] if "best_error" in config else config[error_name])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise checkpoint_mismatch() from error
        if min(self.epoch, self.best_epoch, self.first_epochs) < 0:
            raise checkpoint_mismatch()


def expected_epochs(max_epochs: int, patience: int, refit: bool) -> float:
    """Return the expected number of epochs: early stopping typically chooses epoch 15."""
    first = min(max_epochs, _TYPICAL_BEST_EPOCH + patience) if patience else max_epochs
    second = min(max_epochs, _TYPICAL_BEST_EPOCH) if patience else max_epochs
    return float(first + (second if refit else 0))
