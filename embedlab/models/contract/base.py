"""The contract every model keeps, so that pages, command line, jobs and exports need to know no model.

A model is one class in one file. Its `Parameters` class alone gives the form on the page, the flags of the command
line, the bounds and the help. Heavy libraries are imported inside functions: the server never trains.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import Field, JsonValue

from embedlab.core.embedding import Embedding
from embedlab.core.errors import CancelledError, InputError
from embedlab.core.kind import Counts, Kind
from embedlab.core.parameters import CheckedParameters
from embedlab.models.contract.abilities import Ability, AnAbility
from embedlab.models.contract.state import State as State
from embedlab.models.contract.task_kinds import kind_of_task

#: For a field's `json_schema_extra`: the form folds the field away.
ADVANCED: dict[str, JsonValue] = {"advanced": True}
#: For a field's `json_schema_extra`: useful values spread over orders of magnitude.
LOG: dict[str, JsonValue] = {"log": True}


class Parameters(CheckedParameters):
    """Typed parameters of a model; see `CheckedParameters` for what a field tells of itself.

    Give `ADVANCED`, `LOG` or `{**LOG, **ADVANCED}` to a field as its `json_schema_extra`.
    """

    seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        description="Random seed: the same seed, data and parameters give the same initial values.",
        json_schema_extra=ADVANCED,
    )


def checkpoint_mismatch() -> InputError:
    """Return the error of a checkpoint that belongs to another dataset or to other parameters."""
    return InputError(
        "The checkpoint does not fit this dataset and these parameters.", remedy="Start the training over."
    )


def diverged(**learning_rate: float) -> InputError:
    """Return the error of a training whose loss is NaN or infinite; the learning rate comes by its parameter's name."""
    ((name, value),) = learning_rate.items()
    return InputError(
        "The training diverged: its loss is no longer a number.",
        received=f"{name}={value}",
        remedy=f"Choose a smaller {name}.",
    )


@dataclass(frozen=True)
class Estimate:
    """What a training will need, told before it starts."""

    seconds: float
    memory_mb: float


@dataclass(frozen=True)
class NetworkLayer:
    """One box of a network's diagram."""

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    n_parameters: int
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainingResult:
    """What a training leaves.

    Parameters
    ----------
    embeddings
        By role: `words`; `items` and `users`; empty where the model learns none.
    state
        The trained model, for resumption, for starting others from it, and for the abilities that are opened from it.
    abilities
        Those that have a folder of their own in a run, as trained.
    scores
        Scores known to the model itself (such as the loss it stopped at); evaluation adds the rest.
    texts
        Short texts worth keeping, by file name: `summary.txt`.
    files
        Other files worth keeping, by file name: a network as Keras saves it.
    """

    embeddings: Mapping[str, Embedding]
    state: State
    abilities: tuple[Ability[Any], ...] = ()
    scores: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def ability(self, wanted: type[AnAbility]) -> AnAbility | None:
        """Return the trained ability of a kind, such as `Rates`; None where there is none."""
        return next((each for each in self.abilities if isinstance(each, wanted)), None)


class Context(Protocol):
    """What a model may ask of the place it is trained in."""

    #: Threads the training may use.
    n_threads: int
    #: An empty folder for the model's own use; removed afterwards.
    scratch: Path
    #: The checkpoint to go on from, or None.
    resume_state: State | None
    #: The embedding that the parameter `start_from` names, for models that have it; or None.
    start_embedding: Embedding | None

    def progress(
        self,
        *,
        epoch: int,
        n_epochs: int,
        share_of_epoch: float,
        rate: float | None = None,
        rate_unit: str = "",
    ) -> None:
        """Tell how far the training is; `epoch` counts from 0. Raises `CancelledError` when it is to stop."""

    def record(self, epoch: int, **metrics: float) -> None:
        """Add the figures of a finished epoch (counting from 1) to the history and the live curves."""

    def snapshot(
        self, epoch: int, vectors: Callable[[], Mapping[str, tuple[list[str], npt.NDArray[np.float32]]]]
    ) -> None:
        """Offer the present vectors: by embedding name the most frequent keys and their vectors.

        The context decides whether the moment is kept and calls `vectors` only then; it keeps at most
        `SNAPSHOT_KEYS` keys.
        """

    def checkpoint(self, epoch: int, state: Callable[[], State]) -> None:
        """Offer a state to resume from; the context decides whether to write it and calls `state` only then."""

    def stops_after(self, epoch: int) -> bool:
        """Tell whether the training is to end here with the model as it is, `epoch` epochs being done.

        Never before the first. Ask at the end of an epoch, and end as after the last one.
        """

    def log(self, line: str) -> None:
        """Add a line to the training's log."""


#: The most keys a snapshot keeps.
SNAPSHOT_KEYS = 2000


class QuietContext:
    """A context for using a model from a script or a test: keeps the history, tells nobody.

    Parameters
    ----------
    scratch
        An empty folder.
    n_threads
        Threads the training may use.
    resume_state
        The checkpoint to go on from.
    start_embedding
        What `start_from` names.
    cancel_after_epoch
        Raise `CancelledError` at the first report after this many recorded epochs.
    stop_after_epoch
        Stop after this many epochs, with the model as it is then.
    """

    def __init__(
        self,
        scratch: Path,
        *,
        n_threads: int = 1,
        resume_state: State | None = None,
        start_embedding: Embedding | None = None,
        cancel_after_epoch: int | None = None,
        stop_after_epoch: int | None = None,
    ) -> None:
        self.scratch = scratch
        self.n_threads = n_threads
        self.resume_state = resume_state
        self.start_embedding = start_embedding
        self.history: list[dict[str, float]] = []
        self.shares: list[float] = []
        self.last_checkpoint: State | None = None
        self.lines: list[str] = []
        self._cancel_after_epoch = cancel_after_epoch
        self._stop_after_epoch = stop_after_epoch

    def progress(
        self,
        *,
        epoch: int,
        n_epochs: int,
        share_of_epoch: float,
        rate: float | None = None,
        rate_unit: str = "",
    ) -> None:
        """Keep the overall share done."""
        del rate, rate_unit
        self.shares.append((epoch + share_of_epoch) / n_epochs)
        if self._cancel_after_epoch is not None and len(self.history) >= self._cancel_after_epoch:
            raise CancelledError("The training was cancelled.")

    def record(self, epoch: int, **metrics: float) -> None:
        """Keep the figures."""
        self.history.append({"epoch": epoch, **metrics})

    def snapshot(
        self, epoch: int, vectors: Callable[[], Mapping[str, tuple[list[str], npt.NDArray[np.float32]]]]
    ) -> None:
        """Do nothing: nobody watches."""

    def checkpoint(self, epoch: int, state: Callable[[], State]) -> None:
        """Keep the newest state in memory."""
        del epoch
        self.last_checkpoint = state()

    def stops_after(self, epoch: int) -> bool:
        """Tell whether `stop_after_epoch` is reached."""
        return self._stop_after_epoch is not None and epoch >= max(1, self._stop_after_epoch)

    def log(self, line: str) -> None:
        """Keep the line."""
        self.lines.append(line)


P = TypeVar("P", bound=Parameters)
D = TypeVar("D", contravariant=True)


class Model(ABC, Generic[P, D]):
    """A way to learn an embedding. Stateless: one instance serves all trainings.

    `D` is what the model learns from: `TextDataset`, or `RatingsSplit` or `LabeledSplit` without its test part.
    """

    #: Name on the command line and in the catalog: `word2vec`.
    name: ClassVar[str]
    #: Name for people: `Word2Vec`.
    title: ClassVar[str]
    #: One plain sentence for the card on the Train page.
    summary: ClassVar[str]
    #: Name of the task it is trained for, which says from what it learns and how it is judged.
    task: ClassVar[str]
    supports_resume: ClassVar[bool] = False
    #: The library the model's vectors come from; its version is kept with a run.
    libraries: ClassVar[tuple[str, ...]] = ()
    parameters_class: type[P]
    #: What a trained run can do: classes that read the ability back from a run's files.
    abilities: ClassVar[tuple[type[Ability[Any]], ...]] = ()
    #: Whether the script reads a file with one document a line instead of the kind's usual data file.
    reads_documents: ClassVar[bool] = False

    @property
    def kind(self) -> Kind:
        """The kind of dataset it learns from: that of its task."""
        return kind_of_task(self.task)

    def ability(self, wanted: type[AnAbility]) -> type[AnAbility] | None:
        """Return the model's class for an ability, such as `Rates`; None when its runs do not have it."""
        return next((each for each in self.abilities if issubclass(each, wanted)), None)

    @abstractmethod
    def defaults(self, counts: Counts) -> P:
        """Return parameters that suit a dataset with these counts."""

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return named settings: a title and the parameters that differ from the defaults."""
        return {}

    @abstractmethod
    def estimate(self, counts: Counts, parameters: P, n_threads: int) -> Estimate:
        """Return the time and memory a training will need, within a factor of 2 on an ordinary laptop."""

    @abstractmethod
    def train(self, data: D, parameters: P, context: Context) -> TrainingResult:
        """Learn. Raises `CancelledError` when the context says so, `InputError` when the data does not suffice."""

    @abstractmethod
    def script(self, parameters: P, data_file: str) -> str:
        """Return a short Python script that repeats the training with the public library alone.

        `data_file` is the name of the file beside the script that the take-away page writes with it.
        """

    def network(self, counts: Counts, parameters: P) -> tuple[NetworkLayer, ...]:
        """Return the layers of the network for its diagram; empty when the model is none."""
        del counts, parameters
        return ()


def fourth_root_rule(n_values: int) -> int:
    """Return the rule of thumb for the number of dimensions: the fourth root of the number of values, at least 2.

    Source: "Introducing TensorFlow Feature Columns", Google Developers Blog, 2017.
    """
    return max(2, round(math.sqrt(math.sqrt(n_values))))
