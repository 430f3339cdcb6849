"""What a map can be trusted for, in plain words, and its measures beside those of a random layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from embedlab.projections.trust.random_layout import expected_values

#: Shares of the way from a random layout (0) to a perfect map (1) from which a map is trusted, and below which it is
#: not. These are judgments for teaching, not standards; in between, a map is trusted with care.
_NEIGHBORS = (0.4, 0.2)
_GROUPS = (0.8, 0.5)
_DISTANCES = (0.6, 0.4)
#: PCA that shows a larger share of the variance has left nothing out.
_WHOLE_VARIANCE = 0.9999
_NO_BETTER_THAN_RANDOM = 0.1


@dataclass(frozen=True)
class Measure:
    """A measure of a map's quality.

    Parameters
    ----------
    name
        Its name in the quality of a map.
    title, meaning
        Its name and its meaning for people.
    better
        Whether a higher or a lower value is better.
    best
        The value of a perfect map.
    is_share
        Whether it is written as a percentage.
    """

    name: str
    title: str
    meaning: str
    better: Literal["higher", "lower"] = "higher"
    best: float = 1.0
    is_share: bool = False

    def text(self, value: float | None) -> str:
        """Return a value as text: "59%", "0.03%" or "0.87"; "-" if there is none."""
        if value is None:
            return "-"
        if not self.is_share:
            return f"{value:.2f}".replace("-0.00", "0.00")
        return share_text(value)


def share_text(share: float) -> str:
    """Return a share as a percentage; small ones with one significant digit."""
    if share == 0 or share >= 0.00995:
        return f"{share:.0%}"
    return "<0.001%" if share < 1e-5 else f"{float(f'{100 * share:.1g}'):g}%"


MEASURES = (
    Measure("knn_recall_10", "10 nearest neighbors", "share of the 10 nearest that are nearest here", is_share=True),
    Measure("knn_recall_50", "50 nearest neighbors", "the same for the 50 nearest", is_share=True),
    Measure("trustworthiness", "Trustworthiness", "falls if far points look near (false neighbors)"),
    Measure("continuity", "Continuity", "falls if near points are torn apart (missing neighbors)"),
    Measure("distance_spearman", "Rank correlation", "1 if all distances have the right order"),
    Measure("stress", "Stress", "relative error of the distances after the best scaling", "lower", 0.0),
    Measure("explained_variance", "Explained variance", "share of the variance on the axes of PCA", is_share=True),
)


def measured(quality: Mapping[str, Any]) -> dict[str, float]:
    """Return the measures of a map by name, without those that it does not have.

    Parameters
    ----------
    quality
        As stored with a map, also by earlier versions.
    """
    values = {each.name: quality.get(each.name) for each in MEASURES}
    if shares := quality.get("explained_variance_ratio"):
        values["explained_variance"] = sum(shares)
    return {name: float(value) for name, value in values.items() if isinstance(value, int | float)}


def random_values(quality: Mapping[str, Any]) -> dict[str, float]:
    """Return the same measures for a random layout; some are unknown for maps of earlier versions."""
    stored = quality.get("random")
    n_points = quality.get("n_points")
    expected = expected_values(n_points if isinstance(n_points, int) else None)
    if isinstance(stored, Mapping):
        expected |= {name: float(value) for name, value in stored.items() if isinstance(value, int | float)}
    return {name: value for name, value in expected.items() if name in measured(quality)}


def best_of(measure: Measure, values: Iterable[float | None]) -> float | None:
    """Return the best of several values of a measure; None if fewer than two are known, or all are equal as text."""
    known = [value for value in values if value is not None]
    if len({measure.text(value) for value in known}) < 2:
        return None
    return max(known) if measure.better == "higher" else min(known)


def shows_whole_vectors(method: str, quality: Mapping[str, Any], vector_size: int, n_dimensions: int) -> bool:
    """Return whether a map shows the vectors themselves, at most turned, so that all distances are exact.

    Examples
    --------
    >>> shows_whole_vectors("pca", {"explained_variance_ratio": [0.6, 0.4]}, 2, 2)
    True
    >>> shows_whole_vectors("pca", {"explained_variance_ratio": [0.6, 0.2]}, 3, 2)
    False
    >>> shows_whole_vectors("raw", {}, 2, 2)
    True
    """
    if vector_size > n_dimensions:
        return False
    return method == "raw" or (method == "pca" and sum(quality.get("explained_variance_ratio") or ()) > _WHOLE_VARIANCE)


def verdict(quality: Mapping[str, Any]) -> str:
    """Return one sentence on what a map can be trusted for and what not; empty if too little was measured."""
    neighbors, trustworthiness, continuity, distances = (
        _better_than_random(quality, name)
        for name in ("knn_recall_10", "trustworthiness", "continuity", "distance_spearman")
    )
    known = [each for each in (neighbors, trustworthiness, continuity, distances) if each is not None]
    if not known:
        return ""
    if max(known) < _NO_BETTER_THAN_RANDOM:
        return "Do not trust it: it is hardly better than a random picture."
    groups = None if trustworthiness is None or continuity is None else min(trustworthiness, continuity)
    judged = (
        (neighbors, _NEIGHBORS, "close neighbors", "close neighbors"),
        (groups, _GROUPS, "groups of similar points", _what_is_wrong(trustworthiness, continuity)),
        (distances, _DISTANCES, "distances between groups", "distances between groups"),
    )
    known_parts = [(value, levels, good, bad) for value, levels, good, bad in judged if value is not None]
    trusted = [good for value, (least, _), good, _ in known_parts if value >= least]
    careful = [good for value, (least, limit), good, _ in known_parts if limit <= value < least]
    distrusted = [bad for value, (_, limit), _, bad in known_parts if value < limit]
    if not trusted and not careful:
        return f"Do not trust it for {_joined(distrusted, 'or')}."
    parts = [f"for {_joined(trusted, 'and')}"] if trusted else []
    parts += [f"with care for {_joined(careful, 'and')}"] if careful else []
    parts += [f"but not for {_joined(distrusted, 'or')}"] if distrusted else []
    return f"Trust it {', '.join(parts)}."


def _better_than_random(quality: Mapping[str, Any], name: str) -> float | None:
    """Return a measure as a share of the way from a random layout to a perfect map; below 0 if worse than random."""
    value, random = measured(quality).get(name), random_values(quality).get(name, 0.0)
    return None if value is None or random >= 1 else (value - random) / (1 - random)


def _what_is_wrong(trustworthiness: float | None, continuity: float | None) -> str:
    limit = _GROUPS[1]
    if trustworthiness is not None and continuity is not None:
        if trustworthiness < limit <= continuity:
            return "dense areas (different points overlap there)"
        if continuity < limit <= trustworthiness:
            return "gaps (they separate similar points too)"
    return "groups of points"


def _joined(parts: Sequence[str], word: str) -> str:
    if len(parts) < 3:
        return f" {word} ".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"
