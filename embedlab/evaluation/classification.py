"""How often a classifier of texts is right, beside what a simple one reaches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.datasets.labelled import LabelledSplit
from embedlab.evaluation.bootstrap import share_interval

#: Takes documents as words; returns `(n_documents, n_classes)` probabilities.
Predict = Callable[[Sequence[Sequence[str]]], npt.NDArray[np.float32]]
Codes = npt.NDArray[np.int64]

#: The confusion of so many of the most frequent classes is told; the others stand together in the last row and column.
MOST_CONFUSED = 30
OTHERS = "(others)"


def score_classification(predict: Predict, split: LabelledSplit, seed: int = 0) -> dict[str, Any]:
    """Judge a classifier by the test part, which nothing else has looked at.

    Parameters
    ----------
    predict
        The classifier; its columns are in the order of the split's classes.
    split
        All three parts; the baselines learn from the train part, as the classifier did.
    seed
        Draws the resamples of the interval.

    Returns
    -------
    ``{"test_accuracy", "test_f1", "test_interval", "n_test", "n_classes", "baselines", "confusion"}``. F1 is the mean
    over classes (macro). `test_interval` is the 95 % bootstrap interval of the accuracy. ``baselines["majority"]`` and
    ``baselines["tfidf_logistic_regression"]`` hold `accuracy` and `f1`. ``confusion["counts"]`` is a square list of
    lists: rows are the labels, columns what was predicted, both in the order of ``confusion["classes"]``.
    """
    truth = split.test.codes
    documents = split.test.words(split.dataset)
    predicted = np.asarray(predict(documents)).argmax(axis=1).astype(np.int64)
    own = _figures(truth, predicted)
    commonest = np.bincount(split.train.codes).argmax()
    baselines = {"majority": _figures(truth, np.full_like(truth, commonest))}
    linear = _tfidf_logistic_regression(split, documents)
    if linear is not None:
        baselines["tfidf_logistic_regression"] = _figures(truth, linear)
    return {
        "test_accuracy": own["accuracy"],
        "test_f1": own["f1"],
        "test_interval": share_interval((truth == predicted).astype(int).tolist(), [1] * len(truth), seed),
        "n_test": len(truth),
        "n_classes": len(split.classes),
        "baselines": baselines,
        "confusion": _confusion(split.classes, truth, predicted),
    }


def _figures(truth: Codes, predicted: Codes) -> dict[str, float]:
    from sklearn.metrics import f1_score

    f1 = f1_score(truth, predicted, average="macro", zero_division=0)
    return {"accuracy": float((truth == predicted).mean()), "f1": float(f1)}


def _tfidf_logistic_regression(split: LabelledSplit, documents: Sequence[Sequence[str]]) -> Codes | None:
    """Return what scikit-learn's usual first try predicts; None when the train part has one class alone."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(split.train.codes)) < 2:
        return None
    tfidf = TfidfVectorizer(analyzer=_as_it_is, sublinear_tf=True)
    weights = tfidf.fit_transform(split.train.words(split.dataset))
    fitted = LogisticRegression(max_iter=1000).fit(weights, split.train.codes)
    predicted: Codes = fitted.predict(tfidf.transform(documents)).astype(np.int64)
    return predicted


def _as_it_is(words: list[str]) -> list[str]:
    return words


def _confusion(classes: Sequence[str], truth: Codes, predicted: Codes) -> dict[str, Any]:
    # Classes are ordered by frequency: the rare ones at the end are put together.
    n_told = len(classes) if len(classes) <= MOST_CONFUSED else MOST_CONFUSED
    names = list(classes[:n_told]) + ([OTHERS] if n_told < len(classes) else [])
    counts = np.zeros((len(names), len(names)), np.int64)
    last = len(names) - 1
    np.add.at(counts, (np.minimum(truth, last), np.minimum(predicted, last)), 1)
    return {"classes": names, "counts": counts.tolist()}
