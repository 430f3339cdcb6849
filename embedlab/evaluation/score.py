"""A score: a figure with its name, its direction, how sure it is, and what it was measured on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from embedlab.core.plain import one_line
from embedlab.evaluation.intervals import Interval

Better = Literal["higher", "lower"]
#: What a score was measured on; none for tests that have no parts, such as word pairs.
Part = Literal["training", "validation", "test", "none"]
#: The source of a run's own scores; those of a baseline have its name.
OWN = "own"


class ScoreKind(NamedTuple):
    """What is known of all scores of one name.

    Parameters
    ----------
    title
        For people.
    better
        None where the direction is not known: such a score is shown and never ranked.
    part
        What it is measured on.
    best
        The best value there can be, where there is one.
    measures_quality
        Whether a better score is a better model; how steady a model is, or how its training went, is not quality.
    """

    title: str
    better: Better | None
    part: Part
    best: float | None = None
    measures_quality: bool = True


#: The names of scores in the order in which they stand for a run.
KNOWN: dict[str, ScoreKind] = {
    "test_rmse": ScoreKind("Test RMSE", "lower", "test", 0.0),
    "test_mae": ScoreKind("Test MAE", "lower", "test", 0.0),
    "test_accuracy": ScoreKind("Test accuracy", "higher", "test", 1.0),
    "test_f1": ScoreKind("Test F1", "higher", "test", 1.0),
    "validation_rmse": ScoreKind("Validation RMSE", "lower", "validation", 0.0),
    "validation_mae": ScoreKind("Validation MAE", "lower", "validation", 0.0),
    "validation_accuracy": ScoreKind("Validation accuracy", "higher", "validation", 1.0),
    "validation_f1": ScoreKind("Validation F1", "higher", "validation", 1.0),
    "validation_loss": ScoreKind("Validation loss", "lower", "validation"),
    "wordsim353": ScoreKind("WordSim-353", "higher", "none", 1.0),
    "simlex999": ScoreKind("SimLex-999", "higher", "none", 1.0),
    "analogies": ScoreKind("Analogies", "higher", "none", 1.0),
    "documents": ScoreKind("Neighbors share a label", "higher", "none", 1.0),
    "checks": ScoreKind("Own checks", "higher", "none", 1.0),
    "stability": ScoreKind("Stability", "higher", "none", 1.0, measures_quality=False),
    "loss": ScoreKind("Loss", "lower", "training", measures_quality=False),
    "train_rmse": ScoreKind("Training RMSE", "lower", "training", 0.0, measures_quality=False),
    "train_accuracy": ScoreKind("Training accuracy", "higher", "training", 1.0, measures_quality=False),
    "refit_rmse": ScoreKind("Refit RMSE", "lower", "training", 0.0, measures_quality=False),
    "refit_loss": ScoreKind("Refit loss", "lower", "training", measures_quality=False),
    "refit_accuracy": ScoreKind("Refit accuracy", "higher", "training", 1.0, measures_quality=False),
    "explained_share": ScoreKind("Explained share", "higher", "training", 1.0, measures_quality=False),
    "explained_variance": ScoreKind("Explained variance", "higher", "training", 1.0, measures_quality=False),
}
#: Of an uploaded file of pairs or analogies.
OF_FILE = ScoreKind("", "higher", "none", 1.0)

BASELINE_TITLES: dict[str, str] = {
    "global_mean": "Mean of all ratings",
    "item_mean": "Mean of the item",
    "user_item_bias": "User and item biases",
    "majority": "Most frequent label",
    "tfidf_logistic_regression": "TF-IDF and logistic regression",
}


def add(kinds: Mapping[str, ScoreKind], baseline_titles: Mapping[str, str]) -> None:
    """Make scores and baselines of a task known.

    Raises
    ------
    ValueError
        A name is known already, as something else.
    """
    for known, added in ((KNOWN, kinds), (BASELINE_TITLES, baseline_titles)):
        if taken := known.keys() & added.keys():
            raise ValueError(f"{', '.join(sorted(taken))} is known already")
    KNOWN.update(kinds)
    BASELINE_TITLES.update(baseline_titles)


def remove(kinds: Mapping[str, ScoreKind], baseline_titles: Mapping[str, str]) -> None:
    """Forget scores and baselines that `add` made known."""
    for name in kinds:
        del KNOWN[name]
    for name in baseline_titles:
        del BASELINE_TITLES[name]


def kind_of(name: str) -> ScoreKind:
    """Return what is known of a score; of an unknown name the part alone, by its prefix, and no direction."""
    part: Part = "test" if name.startswith("test_") else "validation" if name.startswith("validation_") else "none"
    return KNOWN.get(name) or ScoreKind(_spelled_out(name), None, part, measures_quality=False)


def baseline_title(name: str) -> str:
    """Return a baseline's name for people."""
    return BASELINE_TITLES.get(name) or _spelled_out(name)


def _spelled_out(name: str) -> str:
    return one_line(name.replace("_", " ")).capitalize()


@dataclass(frozen=True)
class Score:
    """One figure.

    Parameters
    ----------
    name
        Stable; what all logic goes by. Of an uploaded file its id.
    title
        For people alone: two scores may have the same one.
    value
        Finite, or None where there is none; then `note` is the reason.
    kind
        What is known of all scores of this name.
    interval
        The 95 % interval `(low, high)`, or None.
    n_cases, n_total
        Pairs, questions, documents or ratings that it rests on, and how many there are.
    source
        `OWN`, or the name of a baseline.
    protocol
        How the parts were formed that it was measured on; scores of different protocols are not compared.
    meaningful
        Whether it rests on enough cases.
    note
        What it rests on, what to doubt, or why it is absent.

    Raises
    ------
    ValueError
        The value or a bound of the interval is not finite.
    """

    name: str
    title: str
    value: float | None
    kind: ScoreKind
    interval: Interval | None = None
    n_cases: int | None = None
    n_total: int | None = None
    source: str = OWN
    protocol: str | None = None
    meaningful: bool = True
    note: str = ""

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (*((self.value,) if self.value is not None else ()), *(self.interval or ())))):
            raise ValueError(f"A score is finite or absent: {self.name} is {self.value}, {self.interval}")

    @property
    def better(self) -> Better | None:
        """Which direction is better; None where that is not known."""
        return self.kind.better

    @property
    def part(self) -> Part:
        """What it was measured on."""
        return self.kind.part

    @property
    def may_be_chance(self) -> bool:
        """Whether the interval holds 0, which is no relation at all."""
        return self.interval is not None and self.interval[0] <= 0 <= self.interval[1]

    @property
    def may_choose(self) -> bool:
        """Whether runs may be chosen by it: the test part is for judging once, and training judges nothing."""
        return self.better is not None and self.part in ("validation", "none")


def best_places(scores: Sequence[Score | None]) -> frozenset[int]:
    """Return the places of the best of several runs' scores of one name.

    Empty where there is nothing to choose: fewer than two different values that mean something, a score of unknown
    direction, of the test part, or of the training (losses of different models cannot be compared).
    """
    known = {
        place: score.value
        for place, score in enumerate(scores)
        if score is not None and score.value is not None and score.meaningful and score.may_choose
    }
    if len(set(known.values())) < 2:
        return frozenset()
    lower = any(score is not None and score.better == "lower" for score in scores)
    best = min(known.values()) if lower else max(known.values())
    return frozenset(place for place, value in known.items() if value == best)
