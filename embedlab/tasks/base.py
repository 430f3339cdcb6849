"""What a model can be trained for: one class for each task, which divides a dataset and judges what was learned."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from embedlab.core.errors import EmbedLabError, StorageError
from embedlab.core.kind import Kind
from embedlab.evaluation.score import ScoreKind
from embedlab.kinds.protocols import Protocol
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.workspace.rows import DatasetRow

D = TypeVar("D", contravariant=True)


@dataclass(frozen=True)
class Parts:
    """A dataset as a training uses it.

    Parameters
    ----------
    learned
        What the model may see.
    held_out
        What only `Task.judge` and `Task.part_sizes` may see.
    """

    learned: Any
    held_out: Any = None


@dataclass(frozen=True)
class PartSizes:
    """How many cases are in each part.

    Parameters
    ----------
    train, validation, test
        Labeled documents or ratings.
    n_duplicates, n_grouped_documents
        Documents whose words are those of an earlier one, and documents in groups of copies; 0 for ratings, of which
        an import keeps one for each user and item.
    """

    train: int
    validation: int
    test: int
    n_duplicates: int = 0
    n_grouped_documents: int = 0


class Task(ABC, Generic[D]):
    """What a model is trained for. Stateless: one instance serves all trainings.

    `D` is the dataset, as `Workspace.open_dataset` opens it.
    """

    #: Name that models give, and that is never shown: `rating`.
    name: ClassVar[str]
    #: Name for people: `Predict ratings`.
    title: ClassVar[str]
    #: The kind of dataset it is about.
    kind: ClassVar[Kind]
    #: What is divided and judged, for people.
    cases: ClassVar[str]
    #: Whether runs are judged on a test part of their dataset.
    uses_split: ClassVar[bool] = False
    #: Name of the score that stands for a run.
    headline: ClassVar[str] = ""
    #: Names of the baselines that `judge` scores the run beside.
    baselines: ClassVar[tuple[str, ...]] = ()
    #: What is known of scores that `judge` returns and `embedlab.evaluation.score` does not know, by name.
    score_kinds: ClassVar[Mapping[str, ScoreKind]] = {}
    #: Titles of baselines that `embedlab.evaluation.score` does not know, by name.
    baseline_titles: ClassVar[Mapping[str, str]] = {}

    def refusal(self, dataset: DatasetRow) -> EmbedLabError | None:
        """Return why models cannot be trained for it on a dataset of its kind; None when they can."""
        del dataset
        return None

    def may_leave_out_test(self, dataset: DatasetRow) -> bool:
        """Return whether a run that uses no split may leave out the test part of other runs on the dataset."""
        del dataset
        return False

    @abstractmethod
    def split(self, dataset: D, protocol: Protocol | None, scratch: Path) -> Parts:
        """Divide a dataset. The seed of the model has no say: the same protocol gives all runs the same parts.

        Parameters
        ----------
        protocol
            What a run is judged under; of a task that uses no split, what it leaves the test part out of, or None.
        scratch
            An existing folder for what is written; kept until `judge` has returned.

        Raises
        ------
        InputError
            The dataset cannot be divided so.
        StorageError
            The run has no protocol and needs one.
        """

    @abstractmethod
    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return the scores of a training as `embedlab.evaluation.scores.read_scores` reads them."""

    def part_sizes(self, parts: Parts) -> PartSizes:
        """Return how many cases are in the parts; only of tasks that use a split."""
        raise NotImplementedError(f"{self.name} uses no split")

    @abstractmethod
    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the name of the file that the script of a run reads."""

    @abstractmethod
    def write_data(self, dataset: D, protocol: Protocol | None, model: Model[Any, Any], folder: Path) -> Path:
        """Write what a run learned from into `folder`, as its script reads it; return the file.

        Raises what `split` raises.
        """

    def start_words(self, dataset: D) -> Sequence[str]:
        """Return the words whose vectors a training can start from; empty when it starts from none."""
        del dataset
        return ()


def required(protocol: Protocol | None) -> Protocol:
    """Return the protocol of a run that is judged on a split; raises `StorageError` when there is none."""
    if protocol is None:
        raise StorageError("The run has no evaluation protocol.", remedy="Start the training again.")
    return protocol
