"""The interface every model implements, so that pages, command line, jobs and exports depend on no single model.

A model is one class in one file. Its `Parameters` class alone defines the form on the page, the flags of the command
line, the bounds and the help. Heavy libraries are imported inside functions: the server never trains.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import Field, JsonValue

from embedlab.core.embedding import Embedding
from embedlab.core.errors import CancelledError, EmbedLabError, InputError
from embedlab.core.kind import Counts, Kind
from embedlab.core.parameters import CheckedParameters
from embedlab.models.contract.abilities import Ability, AnAbility
from embedlab.models.contract.state import State as State
from embedlab.models.contract.task_kinds import kind_of_task

#: For a field's `json_schema_extra`: the form shows the field under "Advanced".
ADVANCED: dict[str, JsonValue] = {"advanced": True}
#: For a field's `json_schema_extra`: useful values spread over orders of magnitude.
LOG: dict[str, JsonValue] = {"log": True}


#: What a model's file may be called: nothing that Python could import or a system could run.
FILE_NAME = re.compile(r"(?!run\.json$)[a-z][a-z0-9_]{0,39}\.(txt|json|csv|keras)")


class Parameters(CheckedParameters):
    """Typed parameters of a model; see `CheckedParameters` for the properties of a field.

    Pass `ADVANCED`, `LOG` or `{**LOG, **ADVANCED}` to a field as its `json_schema_extra`.
    """

    #: The field that must be the size of the vectors to start from; empty: vectors of any size fit.
    start_size: ClassVar[str] = "vector_size"

    seed: int = Field(
        0,
        title="Random seed",
        ge=0,
        le=2**31 - 1,
        description="Random seed: the same seed, data and parameters give the same initial values.",
        json_schema_extra=ADVANCED,
    )


def checkpoint_mismatch() -> InputError:
    """Return the error for a checkpoint that belongs to another dataset or to other parameters."""
    return InputError("The checkpoint does not match this dataset and these parameters.", remedy="Train again.")


@contextmanager
def checkpoint_errors() -> Iterator[None]:
    """Turn errors of unexpected contents of a checkpoint into `checkpoint_mismatch`; use it only around reading it."""
    try:
        yield
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise checkpoint_mismatch() from error


def epoch_of(state: State) -> int:
    """Return the number of finished epochs of a checkpoint; raises `InputError` if it has none."""
    epoch = state.config.get("epoch")
    if type(epoch) is not int or epoch < 0:
        raise checkpoint_mismatch()
    return epoch


def diverged(**learning_rate: float) -> InputError:
    """Return the error for a loss that is NaN or infinite; pass the learning rate by its parameter's name."""
    ((name, value),) = learning_rate.items()
    return InputError(
        "The training diverged: the loss is not finite.",
        received=f"{name}={value}",
        remedy=f"Choose a smaller {name}.",
    )


@dataclass(frozen=True)
class Estimate:
    """The time and memory a training will need."""

    seconds: float
    memory_mb: float


@dataclass(frozen=True)
class NetworkLayer:
    """One box of a network diagram."""

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    n_parameters: int
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainingResult:
    """The result of a training.

    Parameters
    ----------
    embeddings
        By role: `words`; `items` and `users`; empty if the model learns none.
    state
        The trained model, for resuming, for initializing other models, and for abilities that load from it.
    abilities
        The trained abilities that have their own folder in a run.
    scores
        Scores the model itself computes (such as its final loss); evaluation adds the rest.
    texts
        Short texts to save, by file name: `summary.txt`.
    files
        Other files to save, by file name: a network in Keras' format.
    """

    embeddings: Mapping[str, Embedding]
    state: State
    abilities: tuple[Ability[Any], ...] = ()
    scores: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    def ability(self, ability_class: type[AnAbility]) -> AnAbility | None:
        """Return the trained ability of a class, such as `Rates`; None if there is none."""
        return next((each for each in self.abilities if isinstance(each, ability_class)), None)


class Context(Protocol):
    """What a model may use while it trains."""

    #: Threads the training may use.
    n_threads: int
    #: An empty folder for temporary files; removed afterwards.
    scratch: Path
    #: The checkpoint to resume from, or None.
    resume_state: State | None
    #: The embedding named by the parameter `start_from`, for models that have it; or None.
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
        """Report the progress; `epoch` counts from 0. Raises `CancelledError` if the training is to stop."""

    def record(self, epoch: int, **metrics: float) -> None:
        """Add the metrics of a finished epoch (counting from 1) to the history and the live curves."""

    def snapshot(
        self, epoch: int, vectors: Callable[[], Mapping[str, tuple[list[str], npt.NDArray[np.float32]]]]
    ) -> None:
        """Offer the current vectors: for each embedding name, the most frequent keys and their vectors.

        The context decides whether to keep a snapshot and calls `vectors` only then; it keeps at most
        `SNAPSHOT_KEYS` keys.
        """

    def checkpoint(self, epoch: int, state: Callable[[], State]) -> None:
        """Offer a state to resume from; the context decides whether to write it and calls `state` only then."""

    def stops_after(self, epoch: int) -> bool:
        """Return whether to stop and keep the model after `epoch` finished epochs; never before the first.

        Call it at the end of each epoch; if true, finish as after the last epoch.
        """

    def log(self, line: str) -> None:
        """Add a line to the training log."""


#: Maximum number of keys in a snapshot.
SNAPSHOT_KEYS = 2000


class QuietContext:
    """A context for using a model from a script or a test: keeps the history in memory.

    Parameters
    ----------
    scratch
        An empty folder.
    n_threads
        Threads the training may use.
    resume_state
        The checkpoint to resume from.
    start_embedding
        The embedding named by `start_from`.
    cancel_after_epoch
        Raise `CancelledError` at the first progress report after this many recorded epochs.
    stop_after_epoch
        Stop after this many epochs and keep the model.
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
        self.rate_units: set[str] = set()
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
        """Keep the completed share of the training, and what its speed counts."""
        if rate is not None:
            self.rate_units.add(rate_unit)
        self.shares.append((epoch + share_of_epoch) / n_epochs)
        if self._cancel_after_epoch is not None and len(self.history) >= self._cancel_after_epoch:
            raise CancelledError("The training was cancelled.")

    def record(self, epoch: int, **metrics: float) -> None:
        """Keep the metrics."""
        self.history.append({"epoch": epoch, **metrics})

    def snapshot(
        self, epoch: int, vectors: Callable[[], Mapping[str, tuple[list[str], npt.NDArray[np.float32]]]]
    ) -> None:
        """Do nothing."""

    def checkpoint(self, epoch: int, state: Callable[[], State]) -> None:
        """Keep the newest state in memory."""
        del epoch
        self.last_checkpoint = state()

    def stops_after(self, epoch: int) -> bool:
        """Return whether `stop_after_epoch` is reached."""
        return self._stop_after_epoch is not None and epoch >= max(1, self._stop_after_epoch)

    def log(self, line: str) -> None:
        """Keep the line."""
        self.lines.append(line)


P = TypeVar("P", bound=Parameters)
D = TypeVar("D", contravariant=True)


class Model(ABC, Generic[P, D]):
    """An embedding model. Stateless: one instance serves all trainings.

    `D` is the training data: `TextDataset`, or `RatingsSplit` or `LabeledSplit` without its test part.
    """

    #: Name on the command line and in the catalog: `word2vec`.
    name: ClassVar[str]
    #: Name for people: `Word2Vec`.
    title: ClassVar[str]
    #: One plain sentence for the card on the Train page.
    summary: ClassVar[str]
    #: Name of the task it is trained for, which defines the training data and the evaluation.
    task: ClassVar[str]
    supports_resume: ClassVar[bool] = False
    #: Whether a training leaves embeddings; without, there is nothing to map or to query.
    learns_vectors: ClassVar[bool] = True
    #: The libraries that compute the model's vectors; a run stores their versions.
    libraries: ClassVar[tuple[str, ...]] = ()
    parameters_class: type[P]
    #: What a trained run can do: classes that load the ability from a run's files.
    abilities: ClassVar[tuple[type[Ability[Any]], ...]] = ()
    #: Names of the files that a training leaves besides its states: of `TrainingResult.texts` and `files`. A backup
    #: restores no others; see `FILE_NAME`.
    files: ClassVar[tuple[str, ...]] = ()
    #: Names of baselines of its task that are this model with fixed settings: a run is not compared with them.
    own_baselines: ClassVar[tuple[str, ...]] = ()
    #: Whether the script reads a file with one document a line instead of the kind's usual data file.
    reads_documents: ClassVar[bool] = False
    #: Whether the script reads the columns that describe the items too.
    reads_items: ClassVar[bool] = False
    #: Whether the script reads the times of the ratings too.
    reads_times: ClassVar[bool] = False

    @property
    def kind(self) -> Kind:
        """The kind of dataset it is trained on: that of its task."""
        return kind_of_task(self.task)

    def ability(self, ability_class: type[AnAbility]) -> type[AnAbility] | None:
        """Return the model's class for an ability, such as `Rates`; None if its runs do not have it."""
        return next((each for each in self.abilities if issubclass(each, ability_class)), None)

    @abstractmethod
    def defaults(self, counts: Counts) -> P:
        """Return default parameters for a dataset with these counts."""

    def recommendation(self, counts: Counts) -> str:
        """Return in one sentence why to begin with this model on a dataset with these counts; empty otherwise."""
        del counts
        return ""

    def recommendation_for(self, counts: Counts, details: Mapping[str, Any]) -> str:
        """Return in one sentence why to begin with this model on a dataset; empty otherwise.

        Parameters
        ----------
        counts, details
            Of the dataset; the details are those that its kind stores, such as the `feedback` of ratings. Without
            details, as `recommendation`.
        """
        del details
        return self.recommendation(counts)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return presets: for each title, the parameters that differ from the defaults."""
        return {}

    @abstractmethod
    def estimate(self, counts: Counts, parameters: P, n_threads: int) -> Estimate:
        """Return the time and memory a training will need, within a factor of 2 on an ordinary laptop."""

    def refusal(self, counts: Counts, parameters: P, details: Mapping[str, Any]) -> EmbedLabError | None:
        """Return why a training cannot succeed, as far as it is known before the start; None if it may.

        Too little memory, or parameters that leave nothing to learn from: whatever follows from the counts and the
        details of a dataset, which are as in `recommendation_for`.
        """
        del counts, parameters, details
        return None

    @abstractmethod
    def train(self, data: D, parameters: P, context: Context) -> TrainingResult:
        """Train. Raises `CancelledError` if the context cancels, `InputError` if there is too little data."""

    @abstractmethod
    def script(self, parameters: P, data_file: str) -> str:
        """Return a short Python script that reproduces the training with public libraries only.

        `data_file` is the name of the data file that is exported with the script.
        """

    def network(self, counts: Counts, parameters: P) -> tuple[NetworkLayer, ...]:
        """Return the layers of the network for its diagram; empty if the model is not a network."""
        del counts, parameters
        return ()


def fourth_root_rule(n_values: int) -> int:
    """Return the rule of thumb for the number of dimensions: the fourth root of the number of values, at least 2.

    Source: "Introducing TensorFlow Feature Columns", Google Developers Blog, 2017.
    """
    return max(2, round(math.sqrt(math.sqrt(n_values))))
