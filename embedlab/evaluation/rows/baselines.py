"""Predictions of a table's target without embeddings: the mean, a linear model, and gradient boosting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.rows.design import RARE_WORD, WORD, Columns, LinearDesign, tree_matrix
from embedlab.kinds.table.splits import Rows, TableSplit

Numbers = npt.NDArray[np.float64]
#: Rows that a baseline learns from, at most: drawn at random.
MOST_ROWS: Final = 100_000
_STRENGTHS: Final = (0.3, 1.0, 3.0, 10.0)
_TREES: Final = 300
_FEWEST_TREES: Final = 30

CONSTANT, LINEAR, BOOSTING = "constant", "linear_one_hot", "gradient_boosting"
TITLES: Final = {
    CONSTANT: "Constant (mean or top class)",
    LINEAR: "Linear model (one-hot, TF-IDF)",
    BOOSTING: "Gradient boosting (no texts)",
}


#: The linear model with fewer columns: it shows what words, and rare words, contribute.
WITHOUT_TEXTS, WITHOUT_RARE_WORDS = "without_texts", "without_rare_words"


@dataclass(frozen=True)
class Baselines:
    """Predictions of the baselines for the test part, on the scale of the target, or as codes of classes.

    Parameters
    ----------
    predictions
        `(n_test,)` float64 by the name of the baseline.
    reduced
        `(n_test,)` float64 of the linear model with fewer columns: `WITHOUT_TEXTS`, and `WITHOUT_RARE_WORDS` if there
        are any. Empty if the table has no texts.
    n_known
        Rows that they learn from.
    n_words, n_rare_words
        Words with a column in the linear model, and those that few rows have (`design.RARE_WORD`).
    """

    predictions: dict[str, Numbers]
    reduced: Mapping[str, Numbers] = field(default_factory=dict)
    n_known: int = 0
    n_words: int = 0
    n_rare_words: int = 0


def fit_baselines(split: TableSplit, columns: Columns) -> Baselines:
    """Return the predictions of the baselines for the test part.

    They learn from the training and validation parts, the strength of the linear model from the former alone. With
    fewer columns, the linear model has the same strength.
    """
    known = split.known
    if len(known) > MOST_ROWS:
        known = np.sort(np.random.default_rng(0).permutation(known)[:MOST_ROWS])
    truth = split.targets(known)
    if split.target.n_classes:
        codes = truth.astype(np.int64)
        constant = np.full(len(split.test), float(np.bincount(codes).argmax()))
    else:
        constant = np.full(len(split.test), truth.mean())
    if len(np.unique(truth)) < 2:
        return Baselines({CONSTANT: constant}, n_known=len(known))
    linear, reduced, design = _linear(split, columns, known)
    predictions = {CONSTANT: constant, LINEAR: linear}
    if columns.has_tree_columns:
        predictions[BOOSTING] = _boosting(split, columns, known)
    groups = design.column_groups()
    n_rare = int(np.count_nonzero(groups == RARE_WORD))
    return Baselines(predictions, reduced, len(known), n_rare + int(np.count_nonzero(groups == WORD)), n_rare)


def linear_model(strength: float, *, is_classifier: bool) -> Any:
    """Return ridge regression, or logistic regression, with an L2 regularization of this strength."""
    from sklearn.linear_model import LogisticRegression, Ridge

    if is_classifier:
        return LogisticRegression(C=1 / strength, max_iter=300)
    return Ridge(strength, solver="sparse_cg", max_iter=1000)


def _linear(split: TableSplit, columns: Columns, known: Rows) -> tuple[Numbers, dict[str, Numbers], LinearDesign]:
    """Return the predictions of the linear model, those with fewer columns, and its design."""
    train, validation = np.intersect1d(known, split.train), np.intersect1d(known, split.validation)
    is_classifier = bool(split.target.n_classes)
    design = LinearDesign(columns, train)
    matrices, targets = design.matrix(train), _targets(split, train)
    expected = _targets(split, validation)
    held_out = design.matrix(validation) if len(validation) else None

    def error(strength: float) -> float:
        fitted = linear_model(strength, is_classifier=is_classifier).fit(matrices, targets)
        predicted = fitted.predict(held_out)
        return float(np.mean(predicted != expected) if is_classifier else np.mean((predicted - expected) ** 2))

    may_choose = held_out is not None and len(np.unique(targets)) > 1
    strength = min(_STRENGTHS, key=error) if may_choose else 1.0
    design = LinearDesign(columns, known)
    of_known, of_test, targets = design.matrix(known), design.matrix(split.test), _targets(split, known)

    def predicted(chosen: npt.NDArray[np.bool_] | None = None) -> Numbers:
        first, second = (of_known, of_test) if chosen is None else (of_known[:, chosen], of_test[:, chosen])
        if not first.shape[1]:
            first, second = np.zeros((first.shape[0], 1)), np.zeros((second.shape[0], 1))
        fitted = linear_model(strength, is_classifier=is_classifier).fit(first, targets)
        return np.asarray(fitted.predict(second), np.float64)

    groups, reduced = design.column_groups(), {}
    if columns.has_texts:
        reduced[WITHOUT_TEXTS] = predicted((groups != WORD) & (groups != RARE_WORD))
        if (groups == RARE_WORD).any():
            reduced[WITHOUT_RARE_WORDS] = predicted(groups != RARE_WORD)
    return predicted(), reduced, design


def _boosting(split: TableSplit, columns: Columns, known: Rows) -> Numbers:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    matrix, are_codes = tree_matrix(columns, known)
    n_trees = max(_FEWEST_TREES, _TREES // max(1, split.target.n_classes))
    make: Callable[..., Any] = (
        HistGradientBoostingClassifier if split.target.n_classes else HistGradientBoostingRegressor
    )
    boosting = make(max_iter=n_trees, learning_rate=0.08, categorical_features=are_codes, random_state=0)
    boosting.fit(matrix, _targets(split, known))
    return np.asarray(boosting.predict(tree_matrix(columns, split.test)[0]), np.float64)


def _targets(split: TableSplit, rows: Rows) -> npt.NDArray[Any]:
    targets = split.targets(rows)
    return targets.astype(np.int64) if split.target.n_classes else targets
