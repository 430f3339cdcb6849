"""Scores of an image classifier next to simple baselines, and of its vectors next to PCA of the same width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.classification import confusion
from embedlab.evaluation.differences import share_difference
from embedlab.evaluation.intervals import wilson_interval
from embedlab.evaluation.resampling import macro_f1
from embedlab.evaluation.scores import refuse_not_finite
from embedlab.kinds.images.splits import ImagesSplit

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Right = npt.NDArray[np.bool_]

ACCURACY, F1, NEIGHBORS = "test_accuracy", "test_f1", "neighbor_accuracy"
MAJORITY, LOGISTIC, PIXEL_NEIGHBORS, PCA_NEIGHBORS = "majority", "pixel_logistic_regression", "pixel_knn", "pca_knn"
#: Neighbors that vote.
K = 5
#: The logistic regression and k-NN on pixels learn from at most this many values (images times pixels), and the test
#: images are compared with them; the others are left out, evenly, and the page says so.
MOST_VALUES = 16_000_000
_ITERATIONS = 300
_BLOCK = 256


class PlacesImages(Protocol):
    """Anything that predicts the classes of images through vectors."""

    def predict(self, pixels: npt.NDArray[np.uint8]) -> Floats:
        """Return `(n, n_classes)` probabilities."""
        ...

    def vectors(self, pixels: npt.NDArray[np.uint8]) -> Floats:
        """Return `(n, vector_size)` vectors."""
        ...


def score_images(classifier: PlacesImages, split: ImagesSplit) -> dict[str, Any]:
    """Score a classifier and its vectors on the held-out test part.

    Returns
    -------
    ``test_accuracy`` and ``test_f1`` (macro) of the classifier, ``neighbor_accuracy`` of k-NN among the vectors of the
    training and validation images, each with an interval, baselines and paired differences as in
    `embedlab.evaluation.classification.score_classification`. The baseline `pca_knn` uses as many components as the
    embedding has dimensions.

    Raises
    ------
    EmbedLabError
        A probability is not a finite number.
    """
    dataset = split.dataset
    known = np.sort(np.concatenate([split.train, split.validation]))
    truth, n_classes = split.codes(split.test), len(split.classes)
    probabilities = np.asarray(classifier.predict(dataset.pixels[split.test]))
    refuse_not_finite(probabilities)
    predicted = probabilities.argmax(axis=1).astype(np.int64)
    known_vectors, test_vectors = (
        np.concatenate([classifier.vectors(dataset.pixels[rows[at : at + 4096]]) for at in range(0, len(rows), 4096)])
        for rows in (known, split.test)
    )
    refuse_not_finite(test_vectors)
    near = nearest_classes(known_vectors, split.codes(known), test_vectors, n_classes)
    sampled = _evenly(known, MOST_VALUES // int(np.prod(dataset.pixels.shape[1:])))
    pixels, test_pixels = (_as_floats(dataset.pixels[rows]) for rows in (sampled, split.test))
    codes = split.codes(sampled)
    of_pixels = nearest_classes(pixels, codes, test_pixels, n_classes)
    components, test_components = _principal(pixels, test_pixels, known_vectors.shape[1])
    of_pca = nearest_classes(components, codes, test_components, n_classes)
    answers = {
        MAJORITY: np.full_like(truth, np.bincount(split.codes(known)).argmax()),
        LOGISTIC: _logistic(pixels, codes, test_pixels),
        PIXEL_NEIGHBORS: of_pixels,
        PCA_NEIGHBORS: of_pca,
    }
    right = predicted == truth
    scores = {ACCURACY: right, NEIGHBORS: near == truth}
    rows = {name: answer == truth for name, answer in answers.items()}
    compared = {
        name: (ACCURACY, NEIGHBORS) if name in (PIXEL_NEIGHBORS, PCA_NEIGHBORS) else (ACCURACY,) for name in rows
    }
    intervals = {name: wilson_interval(int(each.sum()), len(truth)) for name, each in scores.items()}
    return {
        ACCURACY: float(right.mean()),
        F1: _f1(truth, predicted, n_classes),
        NEIGHBORS: float(scores[NEIGHBORS].mean()),
        "n_test": len(truth),
        "n_classes": n_classes,
        "n_baseline_images": len(sampled),
        "n_known_images": len(known),
        "intervals": {name: list(each) for name, each in intervals.items() if each is not None},
        "baselines": {
            name: {score: float(rows[name].mean()) for score in compared[name]}
            | {F1: _f1(truth, answers[name], n_classes)}
            for name in rows
        },
        "differences": {
            name: {score: share_difference(scores[score], rows[name]) for score in compared[name]} for name in rows
        },
        "confusion": confusion(split.classes, truth, predicted),
    }


def nearest_classes(known: Floats, codes: Codes, asked: Floats, n_classes: int, k: int = K) -> Codes:
    """Return the class that most of the `k` nearest known vectors have, by Euclidean distance.

    Of classes with equally many votes, the one with the nearest vector.

    Parameters
    ----------
    known, asked
        `(n, d)` float32.
    codes
        `(n,)` classes of the known vectors.
    """
    k = min(k, len(known))
    known = np.asarray(known, np.float32)
    squares = np.einsum("ij,ij->i", known, known)
    found = np.empty(len(asked), np.int64)
    weights = 1 + 1e-3 / np.arange(1, k + 1)
    for start in range(0, len(asked), _BLOCK):
        block = np.asarray(asked[start : start + _BLOCK], np.float32)
        # The squared length of the asked vector is the same for all known ones.
        distances = squares - 2 * (block @ known.T)
        nearest = np.argpartition(distances, k - 1, axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(distances, nearest, axis=1), axis=1, kind="stable")
        votes = codes[np.take_along_axis(nearest, order, axis=1)]
        counts = np.zeros((len(block), n_classes))
        np.add.at(counts, (np.arange(len(block))[:, np.newaxis], votes), weights)
        found[start : start + _BLOCK] = counts.argmax(axis=1)
    return found


def _evenly(rows: Codes, most: int) -> Codes:
    """Return at most `most` rows at equal distances."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, max(1, most)).astype(np.int64)]


def _as_floats(pixels: npt.NDArray[np.uint8]) -> Floats:
    floats: Floats = pixels.reshape(len(pixels), -1).astype(np.float32) / np.float32(255)
    return floats


def _principal(known: Floats, asked: Floats, n_components: int) -> tuple[Floats, Floats]:
    """Return the first principal components, fitted on the known images."""
    mean = known.mean(axis=0)
    centered = known - mean
    _, vectors = np.linalg.eigh(centered.T.astype(np.float64) @ centered)
    axes = vectors[:, ::-1][:, :n_components].astype(np.float32)
    return centered @ axes, (asked - mean) @ axes


def _logistic(known: Floats, codes: Codes, asked: Floats) -> Codes:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        # With many images a good solution is reached long before the optimizer is satisfied.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = LogisticRegression(max_iter=_ITERATIONS).fit(known, codes)
    predicted: Codes = fitted.predict(asked).astype(np.int64)
    return predicted


def _f1(truth: Codes, predicted: Codes, n_classes: int) -> float:
    counts: Sequence[Codes] = [
        np.bincount(codes, minlength=n_classes) for codes in (truth, predicted, truth[truth == predicted])
    ]
    return float(macro_f1(*counts))
