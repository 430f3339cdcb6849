"""The interface of tasks: a task splits a dataset and scores the trained models."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from embedlab.core.errors import EmbedLabError, StorageError
from embedlab.core.kind import Kind
from embedlab.evaluation.score import Score, ScoreKind
from embedlab.evaluation.verdicts import Verdict, text_of, verdict_of_scores
from embedlab.kinds.protocols import Protocol
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.workspace.rows import DatasetRow

D = TypeVar("D", contravariant=True)


@dataclass(frozen=True)
class Parts:
    """A dataset as split for a training.

    Parameters
    ----------
    learned
        The data that the model may use.
    held_out
        The data that only `Task.judge` and `Task.part_sizes` may use.
    """

    learned: Any
    held_out: Any = None


class RatingScale(NamedTuple):
    """Lowest and highest rating of a dataset, and from which one on ratings count as positive by default."""

    lowest: float
    highest: float
    positive_from: float


@dataclass(frozen=True)
class Positive:
    """The ratings that count as positive when a ranking is evaluated.

    Parameters
    ----------
    lowest
        The lowest positive rating.
    train, validation, test
        Number of positive ratings in each part.
    """

    lowest: float
    train: int
    validation: int
    test: int


@dataclass(frozen=True)
class PartSizes:
    """Number of cases in each part.

    Parameters
    ----------
    train, validation, test
        Labeled documents or ratings.
    n_duplicates, n_grouped_documents
        Documents with the same words as an earlier one, and documents in groups of copies; 0 for ratings, since an
        import keeps one per user and item.
    positive
        Which ratings count as positive in a ranking; None where all cases do, or none can.
    """

    train: int
    validation: int
    test: int
    n_duplicates: int = 0
    n_grouped_documents: int = 0
    positive: Positive | None = None


class Task(ABC, Generic[D]):
    """A task that models are trained for. Stateless: all trainings share one instance.

    `D` is the dataset, as `Workspace.open_dataset` opens it.
    """

    #: Internal name, which models refer to: `rating`.
    name: ClassVar[str]
    #: Title on the pages: `Predict ratings`.
    title: ClassVar[str]
    #: What a user wants who trains for it, as the heading of its models: `Recommend items`; empty: the title.
    goal: ClassVar[str] = ""
    #: The kind of dataset that it uses.
    kind: ClassVar[Kind]
    #: Plural noun for the cases that are split and scored, for the pages.
    cases: ClassVar[str]
    #: Whether runs are scored on a test part of their dataset.
    uses_split: ClassVar[bool] = False
    #: Name of the main score of a run.
    headline: ClassVar[str] = ""
    #: Names of the baselines that `judge` compares the run with.
    baselines: ClassVar[tuple[str, ...]] = ()
    #: Kinds of scores that `judge` returns but `embedlab.evaluation.score` does not define, by name.
    score_kinds: ClassVar[Mapping[str, ScoreKind]] = {}
    #: Titles of baselines that `embedlab.evaluation.score` does not define, by name.
    baseline_titles: ClassVar[Mapping[str, str]] = {}

    def refusal(self, dataset: DatasetRow) -> EmbedLabError | None:
        """Return why models cannot be trained for this task on a dataset of its kind; None if they can."""
        del dataset
        return None

    def may_leave_out_test(self, dataset: DatasetRow) -> bool:
        """Return whether a run without a split can leave out the test part of other runs on the dataset."""
        del dataset
        return False

    def rating_scale(self, dataset: DatasetRow) -> RatingScale | None:
        """Return the scale on which the lowest positive rating can be chosen; None where there are no ratings."""
        del dataset
        return None

    @abstractmethod
    def split(self, dataset: D, protocol: Protocol | None, scratch: Path) -> Parts:
        """Split a dataset. The same protocol gives all runs the same parts, whatever the seed of the model.

        Parameters
        ----------
        protocol
            The evaluation protocol of the run; for a task without a split, the protocol whose test part is left out, or
            None.
        scratch
            An existing folder for temporary files; kept until `judge` has returned.

        Raises
        ------
        InputError
            The dataset cannot be split like this.
        StorageError
            The run has no protocol and needs one.
        """

    @abstractmethod
    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return the scores of a training in the format of `embedlab.evaluation.scores.read_scores`."""

    def verdict(self, scores: Mapping[str, Any], counts: Mapping[str, int | float]) -> Verdict:
        """Return in one or two sentences what the scores of a run mean, for a reader who has not seen other scores.

        Parameters
        ----------
        scores
            As stored with the run.
        counts
            Counts of its dataset.
        """
        n_tokens = counts.get("tokens")
        return verdict_of_scores(scores, self.headline, n_tokens=n_tokens, sentence_of=self.headline_sentence)

    def headline_sentence(self, score: Score) -> str:
        """Return what the main score of a run says, without a full stop."""
        value = score.value or 0.0
        cases = f" on {score.n_cases:,} held-out {self.cases.lower()}" if score.part == "test" and score.n_cases else ""
        return f"{score.title} of {text_of(score, value)}{cases}"

    def notes(self, scores: Mapping[str, Any]) -> list[str]:
        """Return what a reader of the scores of a run needs to know about its test part, in plain sentences."""
        del scores
        return []

    def details(self, scores: Mapping[str, Any]) -> list[str]:
        """Return what a run stores with its scores and is not a single number, in plain sentences for a terminal."""
        del scores
        return []

    def part_sizes(self, parts: Parts) -> PartSizes:
        """Return the number of cases in the parts; only for tasks that use a split."""
        raise NotImplementedError(f"{self.name} uses no split")

    @abstractmethod
    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the name of the data file that the script of a run reads."""

    @abstractmethod
    def write_data(self, dataset: D, protocol: Protocol | None, model: Model[Any, Any], folder: Path) -> Path:
        """Write the training data of a run into `folder`, in the format of its script; return the file.

        Raises the same errors as `split`.
        """

    def start_words(self, dataset: D) -> Sequence[str]:
        """Return the words whose vectors a training can start from; empty if it cannot start from vectors."""
        del dataset
        return ()


def required(protocol: Protocol | None) -> Protocol:
    """Return the protocol of a run with a split; raises `StorageError` if there is none."""
    if protocol is None:
        raise StorageError("The run has no evaluation protocol.", remedy="Start the training again.")
    return protocol
