"""Writing the scores of a run as JSON, and reading them in the current and all earlier formats."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import one_line
from embedlab.evaluation.cases import FEWEST, FEWEST_TEST_CASES, are_enough_test_cases
from embedlab.evaluation.intervals import FEWEST_FOR_INTERVAL, Interval, wilson_interval
from embedlab.evaluation.score import KNOWN, OF_FILE, OWN, Score, kind_of

#: Values of a training that are not scores.
_NO_SCORES = {"best_epoch", "documents_left_out"}
#: Names of baseline scores in the first version.
_FORMER_NAMES = {"rmse": "test_rmse", "mae": "test_mae", "accuracy": "test_accuracy", "f1": "test_f1"}
#: Marks a stability interval that was computed over seeds; earlier ones were over words and are ignored.
OVER_SEEDS = "seeds"
_NOT_FINITE = "The stored value is not a finite number."


def score_entry(
    score: float | None,
    interval: Interval | None,
    covered: int,
    of: int,
    noun: str,
    no_interval: str = "",
    *,
    fewest: int = FEWEST,
) -> dict[str, Any]:
    """Return a score with its interval and coverage.

    Parameters
    ----------
    score, interval
        The score and its 95 % interval; None if undefined.
    covered, of
        Number of pairs or questions with all words in the vocabulary, and their total number.
    noun
        Noun for the cases in the note: pairs, questions.
    no_interval
        Why a score has no interval; empty if resampling gave none.
    fewest
        With fewer cases the score is not meaningful.

    Returns
    -------
    ``{"score", "low", "high", "covered", "of", "meaningful", "note"}``, as JSON values.
    """
    low, high = interval or (None, None)
    meaningful = score is not None and covered >= fewest
    return {
        "score": score,
        "low": low,
        "high": high,
        "covered": covered,
        "of": of,
        "meaningful": meaningful,
        "note": _note(score, interval, covered, of, noun, no_interval, fewest),
    }


def _note(
    score: float | None,
    interval: Interval | None,
    covered: int,
    of: int,
    noun: str,
    no_interval: str,
    fewest: int,
) -> str:
    used = f"{covered:,} of {of:,} {noun} used"
    if covered == 0:
        return f"None of the {of:,} {noun} has all its words in the vocabulary."
    if covered < fewest:
        few = f"Only {used}: too few to be meaningful (at least {fewest} needed)."
        return f"{few} No 95 % interval: {no_interval}." if interval is None and no_interval else few
    if score is None:
        return f"{used}, but all similarities are equal, so there is nothing to compare."
    if interval is None:
        return f"{used}. No 95 % interval: {no_interval or f'all resamples of these {noun} have the same score'}."
    if interval[0] <= 0 <= interval[1]:
        return f"{used}; the 95 % interval includes 0, so this may be chance."
    if covered < FEWEST:
        return f"{used}; with fewer than {FEWEST} {noun} the 95 % interval is wide."
    return f"{used}."


def refuse_not_finite(predicted: npt.NDArray[Any]) -> None:
    """Raise `EmbedLabError` if a prediction is not a finite number, since it cannot be scored."""
    n_wrong = int((~np.isfinite(predicted)).sum())
    if n_wrong:
        raise EmbedLabError(
            "The model predicts values that are not finite numbers, so it cannot be scored.",
            received=f"{n_wrong:,} of {predicted.size:,} values",
            remedy="Train with a lower learning rate.",
        )


def read_scores(scores: Mapping[str, Any], protocol: str | None = None) -> dict[str, Score]:
    """Return a run's own scores by name: single values (errors, accuracy, loss), then tests and files.

    Parameters
    ----------
    scores
        As stored with a run, by this version or an earlier one.
    protocol
        The evaluation protocol of the run.

    Returns
    -------
    Includes scores that could not be computed: their value is None and their note is the reason.
    """
    found = {name: _single(name, value, scores, protocol) for name, value in scores.items() if _is_single(name, value)}
    found |= {name: _tested(name, value, protocol) for name, value in _tests(scores).items()}
    files = scores.get("files")
    for file_id, value in files.items() if isinstance(files, Mapping) else ():
        if isinstance(value, Mapping):
            # A file that is not stored with a dataset is named by its content, which may be the name of a test.
            name = file_id if file_id not in KNOWN else f"file:{file_id}"
            found[name] = _tested(name, value, protocol, is_file=True)
    reasons = scores.get("not_computed")
    for name, reason in reasons.items() if isinstance(reasons, Mapping) else ():
        if name not in found or found[name].value is None:
            kind = kind_of(name)
            found[name] = Score(name, kind.title, None, kind, protocol=protocol, meaningful=False, note=str(reason))
    return found


def read_baselines(scores: Mapping[str, Any], protocol: str | None = None) -> dict[str, dict[str, Score]]:
    """Return the scores of each baseline by name, on the same part as the run's own; only those with a value."""
    found: dict[str, dict[str, Score]] = {}
    for baseline, values in _mapping(scores.get("baselines")).items():
        for former_name, value in _mapping(values).items():
            name = _FORMER_NAMES.get(former_name, former_name)
            _add_baseline(found, baseline, name, value, _count(scores.get("n_test")), protocol)
    documents = _mapping(scores.get("documents"))
    for baseline, value in _mapping(documents.get("baselines")).items():
        _add_baseline(found, baseline, "documents", value, _count(documents.get("n_asked")), protocol)
    return found


def _add_baseline(
    found: dict[str, dict[str, Score]],
    baseline: str,
    name: str,
    value: Any,
    n_cases: int | None,
    protocol: str | None,
) -> None:
    number, kind = _finite(value), kind_of(name)
    if number is not None:
        score = Score(name, kind.title, number, kind, n_cases=n_cases, source=baseline, protocol=protocol)
        found.setdefault(baseline, {})[name] = score


def main_score(scores: Mapping[str, Any], headline: str = "") -> Score | None:
    """Return the main score of a run, for lists: of the test part, else the first meaningful one.

    Parameters
    ----------
    headline
        Name of the preferred score, if it is meaningful.
    """
    present = read_scores(scores)
    order = {name: place for place, name in enumerate([headline, *KNOWN])} | {headline: 0}
    for name in sorted(present, key=lambda name: order.get(name, len(order))):
        score = present[name]
        # Validation scores were used for model selection, so they are optimistic.
        if score.value is not None and score.meaningful and score.kind.measures_quality and score.part != "validation":
            return score
    return None


def score_title(name: str) -> str:
    """Return the title of a score or of another value of a training."""
    return kind_of(name).title


def in_sentence(title: str) -> str:
    """Return the title of a score within a sentence.

    Examples
    --------
    >>> in_sentence("Validation NDCG@10"), in_sentence("RMSE")
    ('validation NDCG@10', 'RMSE')
    """
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def training_hint(scores: Mapping[str, Any]) -> str:
    """Return advice that depends on how the training ended; empty if there is none."""
    if scores.get("stopped") == "last_epoch_still_improving":
        return "The validation score was still improving in the last epoch. Train with more epochs."
    return ""


def _is_single(name: str, value: Any) -> bool:
    if name in _NO_SCORES or name.startswith("n_") or isinstance(value, bool):
        return False
    return isinstance(value, int | float) or (value is None and name in KNOWN)


def _single(name: str, value: Any, scores: Mapping[str, Any], protocol: str | None) -> Score:
    kind, number = kind_of(name), _finite(value)
    if number is None:
        reason = "No value was stored." if value is None else _NOT_FINITE
        return Score(name, kind.title, None, kind, protocol=protocol, meaningful=False, note=reason)
    interval = _interval(_mapping(scores.get("intervals")).get(name))
    if interval is None and name == "test_accuracy":
        # Stored here by the first version.
        interval = _interval(scores.get("test_interval"))
    of_part = {"test": "n_test", "validation": "n_validation"}
    n_cases = _count(scores.get(kind.counted_as or of_part.get(kind.part, "")))
    note = _no_interval(name, number, scores) if kind.part == "test" and interval is None else ""
    meaningful = kind.part != "test" or are_enough_test_cases(n_cases)
    if not meaningful:
        few = f"Only {n_cases} held-out cases: too few to be meaningful (at least {FEWEST_TEST_CASES} needed)."
        note = f"{few} {note}".strip()
    return Score(name, kind.title, number, kind, interval, n_cases, n_cases, OWN, protocol, meaningful, note)


def _no_interval(name: str, value: float, scores: Mapping[str, Any]) -> str:
    n_users = _count(scores.get("n_test_users"))
    if n_users is not None and n_users < FEWEST_FOR_INTERVAL:
        return f"No 95 % interval: the test part has fewer than {FEWEST_FOR_INTERVAL} users ({n_users})."
    if "intervals" not in scores:
        return "No 95 % interval: none is stored with this run."
    if value == kind_of(name).best:
        return "No 95 % interval: all test cases are correct, so resampling them says nothing about other cases."
    return "No 95 % interval: the test part is too small or too uniform to compute one."


def _tests(scores: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the scores with a coverage, by name."""
    found = {name: value for name, value in scores.items() if isinstance(value, Mapping) and "covered" in value}
    for name, pairs in _mapping(scores.get("word_pairs")).items():
        if isinstance(pairs, Mapping):
            found.setdefault(name, _of_first_version(pairs))
    documents = scores.get("documents")
    if isinstance(documents, Mapping) and "knn_accuracy" in documents:
        found["documents"] = _of_documents(documents)
    return found


def _of_first_version(pairs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "score": pairs.get("spearman"),
        "covered": pairs.get("n_used", 0),
        "of": pairs.get("n_pairs", 0),
        "meaningful": bool(pairs.get("meaningful")),
        "note": f"{pairs.get('note', '')} No 95 % interval: an earlier version scored this run.",
    }


def _of_documents(documents: Mapping[str, Any]) -> dict[str, Any]:
    accuracy, n_asked = _finite(documents["knn_accuracy"]), _count(documents.get("n_asked")) or 0
    interval = _interval(documents.get("interval"))
    if accuracy is not None and interval is not None and interval[0] == interval[1]:
        # Earlier versions computed zero width if all answers were right or all were wrong.
        interval = wilson_interval(round(accuracy * n_asked), n_asked)
    low, high = interval or (None, None)
    return {
        "score": accuracy,
        "low": low,
        "high": high,
        "covered": n_asked,
        "of": documents.get("n_documents", 0),
        "meaningful": bool(documents.get("meaningful")),
        "note": str(documents.get("note", "")),
    }


def _tested(name: str, value: Mapping[str, Any], protocol: str | None, *, is_file: bool = False) -> Score:
    kind = OF_FILE if is_file else kind_of(name)
    number, note = _finite(value.get("score")), str(value.get("note") or "")
    interval = _interval((value.get("low"), value.get("high"))) if number is not None else None
    if name == "stability" and number is not None and value.get("interval_over") != OVER_SEEDS:
        interval, note = None, f"{note} No 95 % interval: an earlier version compared the seeds. Compare them again."
    if number is None and not note:
        note = "No value was stored." if value.get("score") is None else _NOT_FINITE
    return Score(
        name=name,
        title=_file_title(value, name) if is_file else kind.title,
        value=number,
        kind=kind,
        interval=interval,
        n_cases=_count(value.get("covered")),
        n_total=_count(value.get("of")),
        source=OWN,
        protocol=protocol,
        # Checks are not a sample, so any number of them is enough.
        meaningful=number is not None and (bool(value.get("meaningful")) or name == "checks"),
        note=note.strip(),
    )


def _file_title(value: Mapping[str, Any], name: str) -> str:
    """Return an uploaded file's name, marked if it equals the title of a test."""
    title = one_line(str(value.get("name") or name))
    return f"{title} (file)" if title in {kind.title for kind in KNOWN.values()} else title


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _finite(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _interval(bounds: Any) -> Interval | None:
    if not isinstance(bounds, list | tuple) or len(bounds) != 2:
        return None
    low, high = map(_finite, bounds)
    return None if low is None or high is None else (low, high)
