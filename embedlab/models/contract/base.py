"""The contract every model keeps, so that pages, command line, jobs and exports need to know no model.

A model is one class in one file. Its `Parameters` class alone gives the form on the page, the flags of the command
line, the bounds and the help. Heavy libraries are imported inside functions: the server never trains.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.core.embedding import Embedding
from embedlab.core.errors import CancelledError
from embedlab.core.files import ARRAY_NAME, atomic_folder, read_json, write_json
from embedlab.core.kind import Counts, Kind
from embedlab.core.parameters import CheckedParameters
from embedlab.core.stored import damaged, read_array


class Parameters(CheckedParameters):
    """Typed parameters of a model; see `CheckedParameters` for what a field tells of itself."""

    seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        description="The same seed, data and parameters give the same start.",
        json_schema_extra={"advanced": True},
    )


@dataclass(frozen=True)
class State:
    """A model's memory as arrays and JSON alone: for checkpoints, predictors and resumption. Never pickled."""

    arrays: Mapping[str, npt.NDArray[Any]]
    config: Mapping[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write the state into the new `folder`, whole or not at all."""
        if unusable := [name for name in self.arrays if not ARRAY_NAME.fullmatch(name)]:
            raise ValueError(f"an array cannot be called {unusable[0]!r}")
        with atomic_folder(folder) as temporary:
            for name, array in self.arrays.items():
                np.save(temporary / f"{name}.npy", array, allow_pickle=False)
            write_json(temporary / "state.json", {"arrays": sorted(self.arrays), "config": dict(self.config)})

    @classmethod
    def load(cls, folder: Path, *, mapped: bool = False) -> State:
        """Open what `save` wrote; raises `StorageError` when it is missing or damaged.

        With `mapped` the arrays stay on disk until their parts are read, and cannot be written.
        """
        stored = read_json(folder / "state.json")
        names = stored.get("arrays") if isinstance(stored, dict) else None
        config = stored.get("config") if isinstance(stored, dict) else None
        if not isinstance(names, list) or not isinstance(config, dict):
            raise damaged("state.json")
        # A name becomes a path.
        if not all(isinstance(name, str) and ARRAY_NAME.fullmatch(name) for name in names):
            raise damaged("state.json")
        return cls({name: read_array(folder / f"{name}.npy", mapped=mapped) for name in names}, config)


class Predictor(ABC):
    """A trained model's predictions in NumPy alone, equal to the trained model within 1e-5."""

    @abstractmethod
    def predict(self, users: npt.NDArray[np.int32], items: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
        """Predict ratings of pairs.

        Parameters
        ----------
        users, items
            `(n,)` int32 rows of the dataset's users and items; -1 stands for one the training has not seen.

        Returns
        -------
        `(n,)` float32, clipped to the rating scale.
        """

    def knows_items(self, items: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Return for each item row whether the training had ratings of it; nothing is known about the others."""
        return items >= 0

    @abstractmethod
    def state(self) -> State:
        """Return everything `from_state` needs."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild the predictor from its state."""


class TextPredictor(ABC):
    """A trained classifier of texts in NumPy alone, equal to the trained model within 1e-5."""

    #: The classes, in the order of the predicted columns.
    classes: Sequence[str]
    #: Words of a text that are read; what comes after them has no say.
    sequence_length: int

    @abstractmethod
    def predict(self, documents: Sequence[Sequence[str]]) -> npt.NDArray[np.float32]:
        """Return `(n_documents, n_classes)` float32 probabilities of documents given as words."""

    @abstractmethod
    def knows(self, word: str) -> bool:
        """Tell whether a word is in the vocabulary; all others are read as one and the same."""

    @abstractmethod
    def state(self) -> State:
        """Return everything `from_state` needs."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild the predictor from its state."""


class TextInference(ABC):
    """Vectors of new texts among a run's `documents`, from the arrays of its state alone."""

    @abstractmethod
    def n_known(self, words: Sequence[str]) -> int:
        """Return how many of the words the training has seen."""

    @abstractmethod
    def vector(self, words: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the `(vector_size,)` vector of a text of these words; zero when none is known."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """Open the inference of a run's state; arrays may be mapped from disk."""


class WordInference(ABC):
    """Vectors among a run's `words` of words outside its vocabulary, made of their parts."""

    @abstractmethod
    def vector(self, word: str) -> npt.NDArray[np.float32] | None:
        """Return the `(vector_size,)` vector of a word, or None when none of its parts is known."""

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """Open the inference of a run's state; arrays may be mapped from disk."""


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
        By name: `words`; `items` and `users`.
    state
        The trained model, for resumption and for starting others from it.
    predictor
        For models that predict.
    scores
        Scores known to the model itself (such as the loss it stopped at); evaluation adds the rest.
    texts
        Short texts worth keeping, by file name: `summary.txt`.
    files
        Other files worth keeping, by file name: a network as Keras saves it.
    """

    embeddings: Mapping[str, Embedding]
    state: State
    predictor: Predictor | TextPredictor | None = None
    scores: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


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
    """

    def __init__(
        self,
        scratch: Path,
        *,
        n_threads: int = 1,
        resume_state: State | None = None,
        start_embedding: Embedding | None = None,
        cancel_after_epoch: int | None = None,
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

    def log(self, line: str) -> None:
        """Keep the line."""
        self.lines.append(line)


P = TypeVar("P", bound=Parameters)
D = TypeVar("D", contravariant=True)


class Model(ABC, Generic[P, D]):
    """A way to learn an embedding. Stateless: one instance serves all trainings.

    `D` is what the model learns from: `TextDataset`, or `RatingsSplit` or `LabelledSplit` without its test part.
    """

    #: Name on the command line and in the catalogue: `word2vec`.
    name: ClassVar[str]
    #: Name for people: `Word2Vec`.
    title: ClassVar[str]
    #: One plain sentence for the card on the Train page.
    summary: ClassVar[str]
    #: The kind of dataset it learns from.
    kind: ClassVar[Kind]
    supports_resume: ClassVar[bool] = False
    #: The library the model's vectors come from; its version is kept with a run.
    libraries: ClassVar[tuple[str, ...]] = ()
    parameters_class: type[P]
    #: The class that reads the predictor's state back, for models that predict.
    predictor_class: type[Predictor] | None = None
    #: Whether it learns from labelled documents only.
    needs_labels: ClassVar[bool] = False
    #: The class that reads a classifier's predictor back, for models that classify texts.
    text_predictor_class: type[TextPredictor] | None = None
    #: The class that reads vectors of new texts out of a run's state, for models that can.
    text_inference_class: type[TextInference] | None = None
    #: The class that reads vectors of unknown words out of a run's state, for models that can.
    word_inference_class: type[WordInference] | None = None
    #: Whether the script reads a file with one document a line instead of the kind's usual data file.
    reads_documents: ClassVar[bool] = False

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
