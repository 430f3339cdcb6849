"""Training in epochs over segments of the data: progress within an epoch, decreasing learning rate, exact resuming."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.models.contract.base import Context, State, checkpoint_errors, diverged, epoch_of
from embedlab.models.shared.word_rows import restore_tables, vocabulary_digest

#: The final learning rate, as in gensim.
MIN_ALPHA = 1e-4

Snapshot = dict[str, tuple[list[str], npt.NDArray[np.float32]]]


class Part(Protocol):
    """A part of the data; training runs on one part at a time."""

    @property
    def n_units(self) -> int:
        """Number of words, steps, or whatever `EpochLoop.unit` names."""
        ...


class LoopParameters(Protocol):
    """The parameters the loop needs."""

    @property
    def epochs(self) -> int:
        """Passes over the data."""
        ...

    @property
    def alpha(self) -> float:
        """Initial learning rate."""
        ...


S = TypeVar("S", bound=Part)


class EpochLoop(ABC, Generic[S]):
    """Epochs over segments with a linearly decreasing learning rate; subclasses set the attributes and train a segment.

    Attributes
    ----------
    vocabulary
        Columns `word`, `count`.
    segments
        The parts of the data.
    loss
        Computes the current loss.
    epoch
        Number of finished epochs.
    """

    #: Plural noun for what the parts of the data consist of, and what the speed of a training counts.
    unit: ClassVar[str] = "words"
    vocabulary: pd.DataFrame
    segments: Sequence[S]
    loss: Callable[[], float]
    context: Context
    epoch: int = 0

    @property
    @abstractmethod
    def schedule(self) -> LoopParameters:
        """Epochs and learning rate."""

    @abstractmethod
    def tables(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the trained arrays (not copies) by their names in a state."""

    @abstractmethod
    def train_segment(self, segment: S, start_alpha: float, end_alpha: float) -> int:
        """Train on one segment; return the number of units trained, without those that subsampling left out."""

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """Return the current vectors."""

    @property
    def n_units(self) -> int:
        """Number of words, steps, or whatever `unit` names, in all segments."""
        return sum(segment.n_units for segment in self.segments)

    def more_arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return additional arrays for a state."""
        return {}

    @property
    def final_alpha(self) -> float:
        """Learning rate at the end of the last epoch."""
        return MIN_ALPHA

    def more_metrics(self) -> Mapping[str, float]:
        """Return metrics of a finished epoch besides the loss."""
        return {}

    def config(self) -> Mapping[str, Any]:
        """Return additional JSON values for a state."""
        return {}

    def restore(self, state: State) -> None:
        """Restore the values of `more_arrays` and `config`."""

    def run(self) -> None:
        """Train the remaining epochs."""
        if self.epoch == 0:
            self.context.snapshot(0, self.snapshot)
        while self.epoch < self.schedule.epochs and not self.context.stops_after(self.epoch):
            self._train_epoch()
            self.epoch += 1
            self.context.record(self.epoch, loss=self._finite_loss(), **self.more_metrics())
            self.context.snapshot(self.epoch, self.snapshot)
            self.context.checkpoint(self.epoch, self.state)

    def _finite_loss(self) -> float:
        loss = self.loss()
        if not math.isfinite(loss):
            raise diverged(alpha=self.schedule.alpha)
        return loss

    def _train_epoch(self) -> None:
        done = trained = 0
        started = time.perf_counter()
        for segment in self.segments:
            trained += self.train_segment(segment, self._alpha(done), self._alpha(done + segment.n_units))
            done += segment.n_units
            self.context.progress(
                epoch=self.epoch,
                n_epochs=self.schedule.epochs,
                share_of_epoch=done / self.n_units,
                rate=trained / max(time.perf_counter() - started, 1e-9),
                rate_unit=f"{self.unit}/s",
            )

    def _alpha(self, done: int) -> float:
        share = (self.epoch + done / self.n_units) / self.schedule.epochs
        return float(self.schedule.alpha - (self.schedule.alpha - self.final_alpha) * share)

    def state(self) -> State:
        """Return everything needed to resume."""
        tables = {name: table.copy() for name, table in self.tables().items()}
        position = {"epoch": self.epoch, "vocabulary": vocabulary_digest(self.vocabulary)}
        return State({**tables, **self.more_arrays()}, {**position, **self.config()})

    def resume(self, state: State) -> None:
        """Resume from a checkpoint; raises `InputError` if it belongs to another text or other parameters."""
        with checkpoint_errors():
            restore_tables(self.tables(), state, self.vocabulary)
            self.restore(state)
        self.epoch = epoch_of(state)
