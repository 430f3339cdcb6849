"""Which scores of two runs may be compared: only those measured on the same test data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embedlab.evaluation.score import Score

#: Coverages that differ by more than this share of a public test are different test data.
_LARGEST_DIFFERENCE = 0.1


@dataclass(frozen=True)
class Origin:
    """What the scores of one run, or of imported vectors, were measured on.

    Parameters
    ----------
    dataset_id
        The dataset; None if it is unknown.
    protocol_id
        The evaluation protocol of the run; None if it uses no split.
    model
        Name of the model; empty for imported vectors.
    """

    dataset_id: str | None
    protocol_id: str | None = None
    model: str = ""


def why_not_comparable(first: Score, first_origin: Origin, second: Score, second_origin: Origin) -> str:
    """Return in a few words why two scores with one name cannot be compared; empty if they can.

    Scores of public tests can be compared between datasets if they cover about the same pairs or questions. All others
    belong to a dataset; those of a validation or test part also to an evaluation protocol, and those of a training to
    a model, since losses differ.
    """
    if first.kind.is_public:
        shares = [(each.n_cases or 0) / max(1, each.n_total or 0) for each in (first, second)]
        return "different coverage" if abs(shares[0] - shares[1]) > _LARGEST_DIFFERENCE else ""
    if first_origin.dataset_id is None or first_origin.dataset_id != second_origin.dataset_id:
        return "other test data"
    if first.part in ("test", "validation") and first_origin.protocol_id != second_origin.protocol_id:
        return "another evaluation protocol"
    if first.part == "training" and first_origin.model != second_origin.model:
        return "another model"
    return ""


def may_be_ranked(scores: Sequence[tuple[Score, Origin]]) -> bool:
    """Return whether all scores with one name can be compared with each other, and say something about quality."""
    if not scores or not all(score.meaningful and score.kind.measures_quality for score, _ in scores):
        return False
    first, origin = scores[0]
    return all(not why_not_comparable(first, origin, score, other) for score, other in scores[1:])
