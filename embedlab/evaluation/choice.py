"""The choice among several settings by their validation score: the best one, or a smaller one that is as good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embedlab.evaluation.score import Better


@dataclass(frozen=True)
class Choice:
    """A chosen setting.

    Parameters
    ----------
    place
        Of the chosen setting.
    best
        Of the best score.
    within_noise
        Places of the other settings whose score is within one standard error of the best.
    reason
        Why, in one line: highest validation NDCG@10 (0.178); 3 others within its noise; smallest n_factors of those.
    """

    place: int
    best: int
    within_noise: tuple[int, ...]
    reason: str


def choose(
    scores: Sequence[float | None],
    better: Better,
    title: str,
    *,
    standard_error: float | None = None,
    sizes: Sequence[float] | None = None,
    size_name: str = "",
) -> Choice | None:
    """Choose by the one-standard-error rule; None if there are no two scores to choose between.

    Parameters
    ----------
    scores
        One for each setting; None where there is none.
    better, title
        Of the score.
    standard_error
        Of the best score; None if it is not known: then nothing is within its noise.
    sizes, size_name
        The number of dimensions of each setting and the name of this parameter, if the settings differ in it: of
        settings within the noise of the best, the smallest is chosen.

    Notes
    -----
    Breiman, Friedman, Olshen and Stone, "Classification and Regression Trees", 1984, section 3.4.3: the simplest model
    within one standard error of the best.
    """
    sign = -1.0 if better == "lower" else 1.0
    known = {place: sign * score for place, score in enumerate(scores) if score is not None}
    if len(known) < 2:
        return None
    # Of equal scores the smallest setting, then the first.
    best = max(known, key=lambda place: (known[place], -sizes[place] if sizes else 0.0, -place))
    bound = known[best] - (standard_error or 0.0)
    within = [place for place in known if place != best and known[place] >= bound]
    place = best
    if sizes and within:
        smallest = min(sizes[each] for each in (best, *within))
        place = max(
            (each for each in (best, *within) if sizes[each] == smallest), key=lambda each: (known[each], -each)
        )
    parts = [f"{'lowest' if better == 'lower' else 'highest'} {title} ({abs(known[best]):.4g})"]
    if within:
        others = "1 other" if len(within) == 1 else f"{len(within)} others"
        noise = f" (standard error {standard_error:.2g})" if standard_error else ""
        parts.append(f"{others} within its noise{noise}")
    if sizes and within:
        parts.append(f"smallest {size_name} of those" if place != best else f"no smaller {size_name} among those")
    return Choice(place, best, tuple(within), "; ".join(parts))
