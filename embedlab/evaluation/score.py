"""A score: a value with its name, direction, interval, and the part it was measured on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from embedlab.core.plain import one_line
from embedlab.evaluation.intervals import Interval

Better = Literal["higher", "lower"]
#: The part that a score was measured on; none for tests without parts, such as word pairs.
Part = Literal["training", "validation", "test", "none"]
#: Source of a run's own scores; a baseline's scores have its name.
OWN = "own"


class ScoreKind(NamedTuple):
    """Properties of all scores with one name.

    Parameters
    ----------
    title
        Shown to users.
    better
        None if the direction is unknown: such a score is shown but never ranked.
    part
        The part it is measured on.
    best
        The best possible value, if there is one.
    measures_quality
        Whether a better score means a better model; stability and training loss, for example, do not measure quality.
    is_public
        Whether the test data are the same for every dataset.
    counted_as
        Name of the stored number of cases, if it is not that of the part.
    is_share
        Whether a score with best value 1 is a share of correct cases, shown in percent.
    """

    title: str
    better: Better | None
    part: Part
    best: float | None = None
    measures_quality: bool = True
    is_public: bool = False
    counted_as: str = ""
    is_share: bool = True


#: Score names, in the order of preference for the main score of a run.
KNOWN: dict[str, ScoreKind] = {
    "test_rmse": ScoreKind("Test RMSE", "lower", "test", 0.0),
    "test_mae": ScoreKind("Test MAE", "lower", "test", 0.0),
    "test_accuracy": ScoreKind("Test accuracy", "higher", "test", 1.0),
    "test_f1": ScoreKind("Test F1", "higher", "test", 1.0),
    "ndcg@10": ScoreKind("NDCG@10", "higher", "test", 1.0, counted_as="n_ranked_users", is_share=False),
    "recall@20": ScoreKind("Recall@20", "higher", "test", 1.0, counted_as="n_ranked_users", is_share=False),
    "validation_rmse": ScoreKind("Validation RMSE", "lower", "validation", 0.0),
    "validation_mae": ScoreKind("Validation MAE", "lower", "validation", 0.0),
    "validation_accuracy": ScoreKind("Validation accuracy", "higher", "validation", 1.0),
    "validation_f1": ScoreKind("Validation F1", "higher", "validation", 1.0),
    "validation_ndcg@10": ScoreKind("Validation NDCG@10", "higher", "validation", 1.0),
    "validation_recall@20": ScoreKind("Validation Recall@20", "higher", "validation", 1.0),
    "validation_loss": ScoreKind("Validation loss", "lower", "validation"),
    "wordsim353": ScoreKind("WordSim-353", "higher", "none", 1.0, is_public=True),
    "simlex999": ScoreKind("SimLex-999", "higher", "none", 1.0, is_public=True),
    "analogies": ScoreKind("Analogies", "higher", "none", 1.0, is_public=True),
    "documents": ScoreKind("Neighbors share a label", "higher", "none", 1.0),
    "checks": ScoreKind("Own checks", "higher", "none", 1.0),
    "coverage@10": ScoreKind(
        "Catalog coverage@10", None, "test", 1.0, measures_quality=False, counted_as="n_ranked_users"
    ),
    "gini@10": ScoreKind("Gini of exposure@10", None, "test", measures_quality=False, counted_as="n_ranked_users"),
    "popularity@10": ScoreKind(
        "Median popularity of recommended items", None, "test", measures_quality=False, counted_as="n_ranked_users"
    ),
    "popularity_rated": ScoreKind(
        "Median popularity of rated items", None, "test", measures_quality=False, counted_as="n_ranked_users"
    ),
    "stability": ScoreKind("Stability", "higher", "none", 1.0, measures_quality=False),
    "loss": ScoreKind("Loss", "lower", "training", measures_quality=False),
    "loss_observed": ScoreKind("Loss of observed pairs", "lower", "training", measures_quality=False),
    "loss_all_pairs": ScoreKind("Loss of all pairs", "lower", "training", measures_quality=False),
    "loss_l2": ScoreKind("L2 part of the loss", None, "training", measures_quality=False),
    "train_rmse": ScoreKind("Training RMSE", "lower", "training", 0.0, measures_quality=False),
    "sample_rmse": ScoreKind("Validation RMSE of one sample", "lower", "validation", 0.0, measures_quality=False),
    "noise": ScoreKind("Standard deviation of the noise", None, "training", 0.0, measures_quality=False),
    "samples": ScoreKind("Averaged samples", None, "none", measures_quality=False),
    "stored_samples": ScoreKind("Stored samples", None, "none", measures_quality=False),
    "train_accuracy": ScoreKind("Training accuracy", "higher", "training", 1.0, measures_quality=False),
    "refit_rmse": ScoreKind("Refit RMSE", "lower", "training", 0.0, measures_quality=False),
    "refit_loss": ScoreKind("Refit loss", "lower", "training", measures_quality=False),
    "refit_accuracy": ScoreKind("Refit accuracy", "higher", "training", 1.0, measures_quality=False),
    "explained_share": ScoreKind("Explained share", "higher", "training", 1.0, measures_quality=False),
    "explained_variance": ScoreKind("Explained variance", "higher", "training", 1.0, measures_quality=False),
}
#: For an uploaded file of pairs or analogies.
OF_FILE = ScoreKind("", "higher", "none", 1.0)

BASELINE_TITLES: dict[str, str] = {
    "global_mean": "Mean of all ratings",
    "item_mean": "Mean of the item",
    "user_item_bias": "User and item biases",
    "popularity": "Most popular items",
    "ease": "EASE",
    "majority": "Most frequent label",
    "tfidf_logistic_regression": "TF-IDF and logistic regression",
}


#: How many tasks registered a name; those of this module count as one.
_N_USES: Counter[str] = Counter([*KNOWN, *BASELINE_TITLES])


def add(kinds: Mapping[str, ScoreKind], baseline_titles: Mapping[str, str]) -> None:
    """Register scores and baselines of a task. Several tasks may register a score that is the same for all of them.

    Raises
    ------
    ValueError
        A name is already registered for another score or baseline.
    """
    _check_new(KNOWN, kinds)
    _check_new(BASELINE_TITLES, baseline_titles)
    KNOWN.update(kinds)
    BASELINE_TITLES.update(baseline_titles)
    _N_USES.update([*kinds, *baseline_titles])


def _check_new(registered: Mapping[str, object], new: Mapping[str, object]) -> None:
    if duplicates := [name for name, value in new.items() if registered.get(name, value) != value]:
        raise ValueError(f"{', '.join(sorted(duplicates))} is already registered")


def remove(kinds: Mapping[str, ScoreKind], baseline_titles: Mapping[str, str]) -> None:
    """Unregister scores and baselines that `add` registered."""
    _N_USES.subtract([*kinds, *baseline_titles])
    for name in kinds:
        if not _N_USES[name]:
            del KNOWN[name]
    for name in baseline_titles:
        if not _N_USES[name]:
            del BASELINE_TITLES[name]


def kind_of(name: str) -> ScoreKind:
    """Return the kind of a score; for an unknown name only its part, from the prefix, without a direction."""
    part: Part = "test" if name.startswith("test_") else "validation" if name.startswith("validation_") else "none"
    return KNOWN.get(name) or ScoreKind(_spelled_out(name), None, part, measures_quality=False)


def baseline_title(name: str) -> str:
    """Return the title of a baseline."""
    return BASELINE_TITLES.get(name) or _spelled_out(name)


def _spelled_out(name: str) -> str:
    return one_line(name.replace("_", " ")).capitalize()


@dataclass(frozen=True)
class Score:
    """One score.

    Parameters
    ----------
    name
        Stable name that all logic uses; for an uploaded file its id.
    title
        Only for display: two scores may have the same title.
    value
        Finite, or None; then `note` is the reason.
    kind
        Properties of all scores with this name.
    interval
        The 95 % interval `(low, high)`, or None.
    n_cases, n_total
        Number of pairs, questions, documents or ratings used, and their total number.
    source
        `OWN`, or the name of a baseline.
    protocol
        The evaluation protocol that defined the parts; scores of different protocols are not compared.
    meaningful
        Whether enough cases were used.
    note
        Coverage, caveats, or why the value is absent.

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
        """Which direction is better; None if unknown."""
        return self.kind.better

    @property
    def part(self) -> Part:
        """The part it was measured on."""
        return self.kind.part

    @property
    def may_be_chance(self) -> bool:
        """Whether the interval includes 0, which means no relation."""
        return self.interval is not None and self.interval[0] <= 0 <= self.interval[1]

    @property
    def may_choose(self) -> bool:
        """Whether runs may be selected by it, which excludes scores of the test and training parts."""
        return self.better is not None and self.part in ("validation", "none")


def best_places(scores: Sequence[Score | None]) -> frozenset[int]:
    """Return the positions of the best among several runs' scores with one name.

    Empty if there is nothing to choose: fewer than two different meaningful values, a score of unknown direction, of
    the test part, or of the training part (losses of different models cannot be compared).
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
