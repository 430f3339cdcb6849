"""What a score says, in one form for all tests, and a run's scores as columns that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.plain import one_line

#: With fewer pairs or questions the standard error (about 1 / sqrt(n) of a correlation) exceeds 0.1: differences
#: between models drown in it.
FEWEST = 100

TITLES = {
    "wordsim353": "WordSim-353",
    "simlex999": "SimLex-999",
    "analogies": "Analogies",
    "checks": "Own checks",
    "documents": "Documents by neighbours",
    "stability": "Stability",
    "test_rmse": "Test RMSE",
    "test_mae": "Test MAE",
    "test_accuracy": "Test accuracy",
    "test_f1": "Test F1",
    "validation_rmse": "Validation RMSE",
    "validation_loss": "Validation loss",
    "loss": "Loss",
}
#: Figures of a training that say nothing about how good it is.
_NO_SCORES = {"best_epoch", "documents_left_out"}
#: Figures of how a training went.
_OF_TRAINING = ("loss", "explained_share", "explained_variance")
#: Of these less is better.
ERRORS = ("rmse", "mae", "loss")


def scored(
    score: float | None, interval: tuple[float, float] | None, covered: int, of: int, noun: str
) -> dict[str, Any]:
    """Return a score with what it rests on.

    Parameters
    ----------
    score, interval
        The score and its 95 % interval; None where they are not defined.
    covered, of
        How many of the test's pairs or questions have all their words in the vocabulary, and how many there are.
    noun
        What the test consists of, for the note: pairs, questions.

    Returns
    -------
    ``{"score", "low", "high", "covered", "of", "meaningful", "note"}``, fit for JSON.
    """
    low, high = interval or (None, None)
    meaningful = score is not None and covered >= FEWEST
    return {
        "score": score,
        "low": low,
        "high": high,
        "covered": covered,
        "of": of,
        "meaningful": meaningful,
        "note": _note(score, low, high, covered, of, noun),
    }


def _note(score: float | None, low: float | None, high: float | None, covered: int, of: int, noun: str) -> str:
    used = f"{covered:,} of {of:,} {noun} used"
    if covered == 0:
        return f"None of the {of:,} {noun} has all its words in the vocabulary."
    if covered < FEWEST:
        return f"Only {used}: too few to mean anything (at least {FEWEST} needed)."
    if score is None:
        return f"{used}, but all similarities are equal, so there is nothing to compare."
    if low is not None and high is not None and low <= 0 <= high:
        return f"{used}; the interval holds 0, so this may be chance."
    return f"{used}."


def named_scores(scores: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the scores of a run that have a coverage, by name: pairs, analogies, uploaded files, checks.

    Runs of the first version kept their pairs in another form, which is read too.
    """
    found = {name: value for name, value in scores.items() if isinstance(value, Mapping) and "covered" in value}
    older = scores.get("word_pairs")
    if isinstance(older, Mapping):
        found |= {name: _of_first_version(pairs) for name, pairs in older.items() if isinstance(pairs, Mapping)}
    documents = scores.get("documents")
    if isinstance(documents, Mapping) and "knn_accuracy" in documents:
        found["documents"] = _of_documents(documents)
    files = scores.get("files")
    if isinstance(files, Mapping):
        found |= {name: value for name, value in files.items() if isinstance(value, Mapping)}
    return found


def _of_first_version(pairs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "score": pairs.get("spearman"),
        "low": None,
        "high": None,
        "covered": pairs.get("n_used", 0),
        "of": pairs.get("n_pairs", 0),
        "meaningful": bool(pairs.get("meaningful")),
        "note": str(pairs.get("note", "")),
    }


def _of_documents(documents: Mapping[str, Any]) -> dict[str, Any]:
    low, high = documents.get("interval") or (None, None)
    return {
        "score": documents["knn_accuracy"],
        "low": low,
        "high": high,
        "covered": documents.get("n_asked", 0),
        "of": documents.get("n_documents", 0),
        "meaningful": bool(documents.get("meaningful")),
        "note": str(documents.get("note", "")),
        "baselines": documents.get("baselines", {}),
    }


def score_title(name: str, score: Mapping[str, Any] | None = None) -> str:
    """Return a score's name for people; that of an uploaded file is the user's own and only made one line."""
    given = (score or {}).get("name")
    if given:
        title = one_line(str(given))
        return f"{title} (file)" if title in TITLES.values() else title
    return TITLES.get(name, name.replace("_", " ").capitalize())


def flat_scores(scores: Mapping[str, Any]) -> dict[str, float]:
    """Return title and value of every figure of a run: single numbers (errors, accuracy) before the others."""
    flat = {
        score_title(name, score): float(score["score"])
        for name, score in named_scores(scores).items()
        if isinstance(score.get("score"), int | float)
    }
    single = {
        score_title(name): float(value)
        for name, value in scores.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and not _is_no_score(name)
    }
    return single | flat


def _is_no_score(name: str) -> bool:
    return name in _NO_SCORES or name.startswith("n_")


def tells_of_training(title: str) -> bool:
    """Tell whether a figure says how a training went: comparable between runs of one model, and no judgement of it."""
    return title in {score_title(name) for name in _OF_TRAINING}


def is_error(title: str) -> bool:
    """Tell whether less of a figure is better."""
    return title.lower().endswith(ERRORS)
