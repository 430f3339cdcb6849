"""One or two sentences that say what the main score of a run means, for a reader who has not seen other scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from embedlab.evaluation.differences import Difference, read_differences
from embedlab.evaluation.references import REFERENCES, Reference, expected_for_size
from embedlab.evaluation.score import Score, baseline_title
from embedlab.evaluation.scores import main_score, read_baselines, read_scores

#: What a score says about a run. Unknown: there is nothing to judge it by.
Level = Literal["good", "low", "chance", "unknown"]


@dataclass(frozen=True)
class Verdict:
    """The conclusion about a run.

    Parameters
    ----------
    level
        The conclusion.
    text
        One or two sentences; plain text.
    score
        The score that it is about; None if no score can be judged.
    reason
        Why it is so, as sentences of plain text; empty if nothing is known about it.
    """

    level: Level
    text: str
    score: Score | None = None
    reason: str = ""


#: Scores without a test part that are shares of correct answers.
_SHARES = {"analogies", "documents", "checks"}
#: Larger errors have no decimals.
_LARGE = 1000


def share(value: float) -> str:
    """Return a share as a percentage with as many digits as a teacher would say.

    Examples
    --------
    >>> share(0.866), share(0.9876), share(1.0), share(0.0004)
    ('87 %', '98.8 %', '100 %', '0.04 %')
    """
    digits = 2 if 0 < value < 0.01 else 1 if 0.95 < value < 1 or 0 < value < 0.095 else 0
    return f"{100 * value:.{digits}f} %"


def plain_number(value: float) -> str:
    """Return a score with two decimals, and chance of exactly 0 as 0."""
    return "0" if value == 0 else f"{value:.2f}"


def verdict_by_references(
    score: Score,
    references: Sequence[Reference],
    *,
    n_tokens: float | None = None,
    text_of: Callable[[float], str] = plain_number,
) -> Verdict:
    """Judge a score of word vectors by chance, published values, and what texts of this size usually give.

    Parameters
    ----------
    score
        A meaningful score with a value, of which higher is better.
    references
        What is known about it; see `embedlab.evaluation.references`.
    n_tokens
        Words of the text that the vectors were trained on; None for imported vectors.
    text_of
        Writes a value.

    Returns
    -------
    Low only if the upper end of the interval is below what a text of this size usually gives; chance if the interval
    includes what guessing reaches.
    """
    assert score.value is not None  # noqa: S101
    high = score.interval[1] if score.interval is not None else score.value
    low = score.interval[0] if score.interval is not None else score.value
    value = f"{text_of(score.value)} on {score.title}"
    others = [f"{_subject(each)} {text_of(each.value)}" for each in references]
    known = f"; {_listed(others)}." if others else "."
    chance = next((each.value for each in references if each.origin == "chance"), None)
    if chance is not None and low <= chance:
        return Verdict("chance", f"Not distinguishable from chance: {value}{known}", score)
    expected = None if n_tokens is None else expected_for_size(score.name, n_tokens)
    if expected is not None:
        usual = f" Texts of this size usually give about {text_of(expected)}."
        if high < expected:
            return Verdict("low", f"Low for a text of this size: {value}{known}{usual}", score)
        return Verdict("good", f"Good for a text of this size: {value}{known}", score)
    if n_tokens is not None:
        return Verdict("good", f"Better than chance, on a small text: {value}{known}", score)
    published = [each.value for each in references if each.origin == "published"]
    if published and high >= max(published):
        return Verdict("good", f"As good as well-known vectors: {value}{known}", score)
    return Verdict("good" if chance is not None else "unknown", f"Better than chance: {value}{known}", score)


def verdict_by_baselines(sentence: str, score: Score, differences: Sequence[Difference]) -> Verdict:
    """Judge a score by simpler predictions on the same test cases.

    Parameters
    ----------
    sentence
        What the score is, without a full stop: The model classified 85 % of the held-out documents correctly.
    score
        The score.
    differences
        To each baseline.

    Returns
    -------
    Good if it is better than every baseline; a tie at the best possible value is as good as can be. Low if a baseline
    is better. Otherwise what cannot be distinguished is named.
    """
    if not differences:
        return Verdict("unknown", f"{sentence}. There is no baseline to compare it with.", score)
    # The strongest baseline decides; the others are in the table.
    sign = -1.0 if score.better == "lower" else 1.0
    strongest = max(differences, key=lambda each: sign * (each.baseline.value or 0.0))
    name = f"“{baseline_title(strongest.baseline.source)}”"
    outcome = strongest.outcome
    if outcome == "both_best":
        return Verdict("good", f"{sentence}, the best possible result; so does the best baseline, {name}.", score)
    if outcome == "better":
        return Verdict("good", f"{sentence}, better than the best baseline, {name}{_by(strongest)}.", score)
    if outcome == "worse":
        return Verdict("low", f"{sentence}, worse than the baseline {name}{_by(strongest)}.", score)
    if outcome == "indistinguishable":
        return Verdict(
            "chance" if len(differences) == 1 else "unknown",
            f"{sentence}, which cannot be distinguished from the best baseline, {name}{_by(strongest)}.",
            score,
        )
    return Verdict("unknown", f"{sentence}; the best baseline, {name}{_by(strongest)}.", score)


#: What a run is, compared with a baseline.
_COMPARED = {
    "better": "better than",
    "worse": "worse than",
    "indistinguishable": "not distinguishable from",
    "both_best": "the best possible value, as is",
    "unknown": "too few users to compare with",
}


def verdict_by_each_baseline(sentence: str, score: Score, differences: Sequence[Difference]) -> Verdict:
    """Judge a score by every baseline on the same test cases, each named.

    Parameters
    ----------
    sentence, score, differences
        As for `verdict_by_baselines`; the weakest baseline comes first.

    Returns
    -------
    Good only if it is better than every baseline, or as good as can be; low if it is worse than one, or not
    distinguishable from the weakest.
    """
    if not differences:
        return Verdict("unknown", f"{sentence}. There is no baseline to compare it with.", score)
    sign = -1.0 if score.better == "lower" else 1.0
    ordered = sorted(differences, key=lambda each: sign * (each.baseline.value or 0.0))
    parts = [
        f"{_COMPARED[each.outcome]} \u201c{baseline_title(each.baseline.source)}\u201d{_by(each)}" for each in ordered
    ]
    outcomes = [each.outcome for each in ordered]
    level: Level = "unknown"
    if all(outcome in ("better", "both_best") for outcome in outcomes):
        level = "good"
    elif "worse" in outcomes or outcomes[0] == "indistinguishable":
        level = "low"
    return Verdict(level, f"{sentence}: {_listed(parts)}.", score)


def verdict_of_scores(
    scores: Mapping[str, Any],
    headline: str = "",
    *,
    n_tokens: float | None = None,
    sentence_of: Callable[[Score], str] | None = None,
) -> Verdict:
    """Judge stored scores by their main score: by its baselines if it has any, else by its references.

    Parameters
    ----------
    scores
        As stored with a run.
    headline
        Name of the preferred score.
    n_tokens
        Words of the text that the vectors were trained on, if known.
    sentence_of
        Says what the main score is, without a full stop; by default its title and value.
    """
    present = read_scores(scores)
    main = main_score(scores, headline)
    if main is None or main.value is None:
        return too_few([each for each in present.values() if each.value is not None and not each.meaningful])
    differences = [of_run[main.name] for of_run in read_differences(scores).values() if main.name in of_run]
    if differences or main.name not in REFERENCES:
        sentence = f"{main.title}: {text_of(main, main.value)}" if sentence_of is None else sentence_of(main)
        return verdict_by_baselines(sentence, main, differences)
    return verdict_by_references(
        main, REFERENCES[main.name], n_tokens=n_tokens, text_of=lambda value: text_of(main, value)
    )


def references_of(scores: Mapping[str, Any], name: str) -> list[Reference]:
    """Return what to compare a score with: chance, published values, and the baselines on the same cases."""
    baselines = [
        Reference(of_baseline[name].value or 0.0, baseline_title(baseline), "baseline")
        for baseline, of_baseline in read_baselines(scores).items()
        if name in of_baseline
    ]
    return [*REFERENCES.get(name, ()), *baselines]


def text_of(score: Score, value: float) -> str:
    """Return a value of a score as people write it: a share in percent, a correlation with two decimals."""
    if not score.kind.is_share:
        return _decimal(value)
    if score.name in _SHARES or (score.part == "test" and score.kind.best == 1.0):
        return share(value)
    return plain_number(value) if score.kind.best == 1.0 else _decimal(value)


def _decimal(value: float) -> str:
    """Return a value with three decimals, or a large error, such as one in dollars, as a whole number."""
    # Adding 0 turns a rounded -0 into 0.
    return f"{round(value, 3) + 0:.3f}" if abs(value) < _LARGE else f"{value:,.0f}"


def too_few(scores: Sequence[Score]) -> Verdict:
    """Return the verdict of a run whose scores all have too few cases, or that has none."""
    if not scores:
        return Verdict("unknown", "This run has no score yet.")
    counts = [
        f"{score.title} {score.n_cases or 0:,} of {score.n_total or 0:,}"
        for score in scores
        if score.n_total is not None
    ]
    covered = f" (cases used: {', '.join(counts)})" if counts else ""
    return Verdict(
        "unknown", f"There are too few cases to judge these vectors{covered}. Query them or look at the map."
    )


def _by(difference: Difference) -> str:
    value = difference.baseline.value or 0.0
    is_share = difference.own.kind.best == 1.0 and difference.own.kind.is_share
    return f" ({share(value)})" if is_share else f" ({_decimal(value)})"


def _subject(reference: Reference) -> str:
    return {"chance": f"{reference.title.lower()} is", "published": f"{reference.title} reach"}.get(
        reference.origin, f"{reference.title}:"
    )


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
