"""Scores of a text classifier next to simple baselines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.differences import paired_difference, share_difference
from embedlab.evaluation.intervals import Numbers, percentile_interval, wilson_interval
from embedlab.evaluation.resampling import macro_f1, resampled_macro_f1
from embedlab.evaluation.scores import refuse_not_finite
from embedlab.kinds.text.labeled import LabeledDocuments, LabeledSplit

#: Maps documents, given as words, to `(n_documents, n_classes)` probabilities.
Predict = Callable[[Sequence[Sequence[str]]], npt.NDArray[np.float32]]
Codes = npt.NDArray[np.int64]

#: The confusion matrix shows this many of the most frequent classes; the others share the last row and column.
MOST_CONFUSED = 30
OTHERS = "(others)"
#: If two classifiers differ on fewer documents, no outcome is significant (the sign test needs 6), but the bootstrap
#: would still find a difference in F1.
FEWEST_UNLIKE = 6


def score_classification(predict: Predict, split: LabeledSplit) -> dict[str, Any]:
    """Score a classifier on the held-out test part.

    Parameters
    ----------
    predict
        The classifier; its columns are in the order of the split's classes.
    split
        All three parts; the baselines are trained on the training and validation parts.

    Returns
    -------
    ``{"test_accuracy", "test_f1", "n_test", "n_classes", "intervals", "baselines", "differences", "confusion"}``. F1
    is the mean over classes (macro). ``intervals[name]`` is the 95 % interval of a score, over documents. `baselines`
    has the same score names under `majority` and `tfidf_logistic_regression`; ``differences[baseline][name]`` is
    ``{"value", "low", "high"}`` of own minus baseline on the same documents. ``confusion["counts"]`` is a square list
    of lists: rows are true labels, columns are predictions, both in the order of ``confusion["classes"]``. If all
    documents are classified correctly, or none, F1 has no interval: all resamples are the same.

    Raises
    ------
    EmbedLabError
        A probability is not a finite number.
    """
    truth = split.test.codes
    documents = split.test.words(split.dataset)
    probabilities = np.asarray(predict(documents))
    refuse_not_finite(probabilities)
    predicted = probabilities.argmax(axis=1).astype(np.int64)
    known = _known(split)
    answers = {"majority": np.full_like(truth, np.bincount(known.codes).argmax())}
    linear = _tfidf_logistic_regression(known.words(split.dataset), known.codes, documents)
    if linear is not None:
        answers["tfidf_logistic_regression"] = linear
    right = [each == truth for each in (predicted, *answers.values())]
    f1 = [_macro_f1(truth, each, len(split.classes)) for each in (predicted, *answers.values())]
    f1_resamples = resampled_macro_f1(truth, [predicted, *answers.values()], len(split.classes))
    intervals = {
        "test_accuracy": wilson_interval(int(right[0].sum()), len(truth)),
        "test_f1": percentile_interval(f1_resamples[0], len(truth)),
    }
    return {
        "test_accuracy": float(right[0].mean()),
        "test_f1": f1[0],
        "n_test": len(truth),
        "n_classes": len(split.classes),
        "intervals": {name: list(interval) for name, interval in intervals.items() if interval is not None},
        "baselines": {
            baseline: {"test_accuracy": float(right[place].mean()), "test_f1": f1[place]}
            for place, baseline in enumerate(answers, 1)
        },
        "differences": {
            baseline: {
                "test_accuracy": share_difference(right[0], right[place]),
                "test_f1": _f1_difference(f1, f1_resamples, right, place),
            }
            for place, baseline in enumerate(answers, 1)
        },
        "confusion": confusion(split.classes, truth, predicted),
    }


def _known(split: LabeledSplit) -> LabeledDocuments:
    """Return the training and validation parts together."""
    parts = (split.train, split.validation)
    return LabeledDocuments(
        np.concatenate([part.rows for part in parts]), np.concatenate([part.codes for part in parts])
    )


def _macro_f1(truth: Codes, predicted: Codes, n_classes: int) -> float:
    n_true, n_predicted, n_right = (
        np.bincount(codes, minlength=n_classes) for codes in (truth, predicted, truth[truth == predicted])
    )
    return float(macro_f1(n_true, n_predicted, n_right))


def _f1_difference(
    f1: Sequence[float], resamples: Numbers, right: Sequence[npt.NDArray[np.bool_]], place: int
) -> dict[str, float | None]:
    difference = paired_difference(f1[0] - f1[place], resamples[0] - resamples[place], len(right[0]))
    n_unlike = int((right[0] != right[place]).sum())
    low, high = difference["low"], difference["high"]
    if 0 < n_unlike < FEWEST_UNLIKE and low is not None and high is not None:
        difference |= {"low": min(low, 0.0), "high": max(high, 0.0)}
    return difference


def _tfidf_logistic_regression(
    known: Sequence[list[str]], codes: Codes, documents: Sequence[Sequence[str]]
) -> Codes | None:
    """Return the predictions of a standard scikit-learn baseline; None if the known documents have only one class."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(codes)) < 2:
        return None
    tfidf = TfidfVectorizer(analyzer=_as_it_is, sublinear_tf=True)
    weights = tfidf.fit_transform(known)
    fitted = LogisticRegression(max_iter=1000).fit(weights, codes)
    predicted: Codes = fitted.predict(tfidf.transform(documents)).astype(np.int64)
    return predicted


def _as_it_is(words: list[str]) -> list[str]:
    return words


def confusion(classes: Sequence[str], truth: Codes, predicted: Codes) -> dict[str, Any]:
    """Return the confusion matrix as JSON: `classes`, and `counts` with true labels as rows."""
    # Classes are ordered by frequency: the rare ones at the end are merged.
    n_shown = len(classes) if len(classes) <= MOST_CONFUSED else MOST_CONFUSED
    names = list(classes[:n_shown]) + ([OTHERS] if n_shown < len(classes) else [])
    counts = np.zeros((len(names), len(names)), np.int64)
    last = len(names) - 1
    np.add.at(counts, (np.minimum(truth, last), np.minimum(predicted, last)), 1)
    return {"classes": names, "counts": counts.tolist()}
