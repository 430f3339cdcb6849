"""Training with gensim, part by part: heard within the epoch, and resumable to the last bit."""

from __future__ import annotations

import hashlib
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.errors import InputError
from embedlab.models.base import Context, State

if TYPE_CHECKING:
    from embedlab.datasets.text import TextDataset

#: gensim's own last learning rate.
MIN_ALPHA = 1e-4

Snapshot = dict[str, tuple[list[str], npt.NDArray[np.float32]]]


class Part(Protocol):
    """A part of the data that gensim is given at a time."""

    @property
    def n_words(self) -> int:
        """Words in it."""
        ...


class LoopParameters(Protocol):
    """What the loop must know of the parameters."""

    @property
    def epochs(self) -> int:
        """How often all is gone through."""
        ...

    @property
    def alpha(self) -> float:
        """Learning rate at the start."""
        ...


S = TypeVar("S", bound=Part)


class GensimLoop(ABC, Generic[S]):
    """Epochs over segments with an evenly falling learning rate; a subclass sets the attributes and trains a segment.

    Attributes
    ----------
    model
        gensim's model with its vocabulary built.
    vocabulary
        Columns `word`, `count`.
    segments
        The parts of the data.
    loss
        Tells the present loss.
    epoch
        Epochs done.
    """

    model: Any
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
        """Return the arrays that are learned, by their names in a state; those gensim itself works on."""

    @abstractmethod
    def train_segment(self, segment: S, start_alpha: float, end_alpha: float) -> int:
        """Train one segment; return the words effectively trained."""

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """Return the present vectors."""

    @property
    def n_tokens(self) -> int:
        """Words in all segments."""
        return sum(segment.n_words for segment in self.segments)

    def config(self) -> Mapping[str, Any]:
        """Return what else a state must tell of the model."""
        return {}

    def run(self) -> None:
        """Train all epochs that are left."""
        while self.epoch < self.schedule.epochs:
            self._train_epoch()
            self.epoch += 1
            self.context.record(self.epoch, loss=self._finite_loss())
            self.context.snapshot(self.epoch, self.snapshot)
            self.context.checkpoint(self.epoch, self.state)

    def _finite_loss(self) -> float:
        loss = self.loss()
        if not math.isfinite(loss):
            raise InputError(
                "The training diverged: its loss is not a number any more.",
                received=f"alpha={self.schedule.alpha}",
                remedy="Choose a smaller alpha.",
            )
        return loss

    def _train_epoch(self) -> None:
        done = trained = 0
        started = time.perf_counter()
        for segment in self.segments:
            trained += self.train_segment(segment, self._alpha(done), self._alpha(done + segment.n_words))
            done += segment.n_words
            self.context.progress(
                epoch=self.epoch,
                n_epochs=self.schedule.epochs,
                share_of_epoch=done / self.n_tokens,
                rate=trained / max(time.perf_counter() - started, 1e-9),
                rate_unit="words/s",
            )

    def _alpha(self, done: int) -> float:
        share = (self.epoch + done / self.n_tokens) / self.schedule.epochs
        return float(self.schedule.alpha - (self.schedule.alpha - MIN_ALPHA) * share)

    def state(self) -> State:
        """Return everything to go on from: the tables and the random numbers' state."""
        _, random_keys, position, _, _ = self.model.random.get_state()
        return State(
            {**{name: table.copy() for name, table in self.tables().items()}, "random_keys": np.asarray(random_keys)},
            {
                "epoch": self.epoch,
                "random_position": int(position),
                "vocabulary": vocabulary_digest(self.vocabulary),
                **self.config(),
            },
        )

    def resume(self, state: State) -> None:
        """Go on from a checkpoint; raises `InputError` when it belongs to another text or other parameters."""
        tables = self.tables()
        fits = all(name in state.arrays and state.arrays[name].shape == table.shape for name, table in tables.items())
        if not fits or state.config["vocabulary"] != vocabulary_digest(self.vocabulary):
            raise InputError(
                "The checkpoint does not fit this dataset and these parameters.", remedy="Start the training over."
            )
        # In place: gensim's compiled code holds on to the arrays.
        for name, table in tables.items():
            table[:] = state.arrays[name]
        self.model.random.set_state(
            ("MT19937", state.arrays["random_keys"], int(state.config["random_position"]), 0, 0.0)
        )
        self.epoch = int(state.config["epoch"])


def kept_vocabulary(data: TextDataset, min_count: int) -> pd.DataFrame:
    """Return the words that occur at least `min_count` times, most frequent first."""
    vocabulary = data.vocabulary
    kept: pd.DataFrame = vocabulary[vocabulary["count"] >= min_count].reset_index(drop=True)
    if len(kept) < 2:
        raise InputError(
            f"Fewer than two words occur at least {min_count} times: there is nothing to compare.",
            received=f"{len(kept)} of {len(vocabulary)} words",
            remedy="Choose a smaller min_count, or bring more text.",
        )
    return kept


def vocabulary_digest(vocabulary: pd.DataFrame) -> str:
    """Return a digest of words and counts, by which a checkpoint knows its text."""
    text = "\n".join(f"{word} {count}" for word, count in zip(vocabulary["word"], vocabulary["count"], strict=True))
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()
