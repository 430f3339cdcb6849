"""The use of learned vectors in other models: k-NN and a linear model before and after they replace one-hot rows.

Source: Guo and Berkhahn, "Entity Embeddings of Categorical Variables", 2016, table 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.rows.baselines import linear_model
from embedlab.evaluation.rows.design import Columns, LinearDesign
from embedlab.evaluation.rows.scoring import compare_predictions
from embedlab.kinds.table.splits import Rows, TableSplit

Numbers = npt.NDArray[np.float64]
#: Rows that the models learn from and are scored on, at most: k-NN compares each with each.
_MOST_KNOWN, _MOST_TEST = 20_000, 5_000
_NEIGHBORS: Final = 10
_WORKING_MB: Final = 128
MODELS: Final = {"knn": "10 nearest rows (k-NN)", "linear": "Linear model"}


def feature_use(split: TableSplit, columns: Columns, vectors: Mapping[str, tuple[Numbers, Numbers]]) -> dict[str, Any]:
    """Score k-NN and a linear model with one-hot rows of the categories, and with their learned vectors instead.

    Numbers are standardized and the same in both; texts are left out. Every dimension of a vector is standardized.

    Parameters
    ----------
    split, columns
        The parts, and the columns that the model got.
    vectors
        For each categorical column the vectors of the rows that `chosen_rows` returns: known ones, and those of the
        test part.

    Returns
    -------
    `score` (`r2` or `accuracy`), `n_known`, `n_test`, `columns`, and for each of `MODELS`: `one_hot`, `vectors`, and
    `difference` as of `paired_difference`.
    """
    known, test = chosen_rows(split)
    is_classifier = bool(split.target.n_classes)
    design = LinearDesign(columns, known, texts=False)
    before = design.matrix(known), design.matrix(test)
    blocks = [[np.asarray(design.numbers(rows), np.float64)] for rows in (known, test)]
    for of_known, of_test in vectors.values():
        center, spread = of_known.mean(axis=0), of_known.std(axis=0)
        spread[spread == 0] = 1.0
        blocks[0].append((of_known - center) / spread)
        blocks[1].append((of_test - center) / spread)
    after = np.hstack(blocks[0]), np.hstack(blocks[1])
    targets, truth = split.targets(known), split.targets(test)
    found: dict[str, Any] = {
        "score": "accuracy" if is_classifier else "r2",
        "n_known": len(known),
        "n_test": len(test),
        "columns": list(vectors),
    }
    for name in MODELS:
        predicted = [
            _predicted(name, of_known, of_test, targets, is_classifier=is_classifier)
            for of_known, of_test in (before, after)
        ]
        one_hot, learned, difference = compare_predictions(truth, *predicted, is_classifier=is_classifier)
        found[name] = {"one_hot": one_hot, "vectors": learned, "difference": difference}
    return found


def chosen_rows(split: TableSplit) -> tuple[Rows, Rows]:
    """Return the known rows and the rows of the test part that are used, at most 20,000 and 5,000 at random."""
    random = np.random.default_rng(0)
    known, test = split.known, split.test
    return (
        np.sort(random.permutation(known)[:_MOST_KNOWN]) if len(known) > _MOST_KNOWN else known,
        np.sort(random.permutation(test)[:_MOST_TEST]) if len(test) > _MOST_TEST else test,
    )


def _predicted(name: str, known: Any, test: Any, targets: Numbers, *, is_classifier: bool) -> Numbers:
    from scipy.sparse import csr_matrix
    from sklearn import config_context
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    if name == "knn":
        make = KNeighborsClassifier if is_classifier else KNeighborsRegressor
        model = make(n_neighbors=min(_NEIGHBORS, len(targets)))
    else:
        model, known, test = linear_model(1.0, is_classifier=is_classifier), csr_matrix(known), csr_matrix(test)
    if is_classifier and len(np.unique(targets)) < 2:
        return np.full(test.shape[0], targets[0])
    # Distances of many pairs are computed in parts of this size; the default is 1 GB.
    with config_context(working_memory=_WORKING_MB):
        return np.asarray(model.fit(known, targets).predict(test), np.float64)
