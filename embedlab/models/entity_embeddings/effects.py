"""What the values of a column do to the target: in the data, and in the model with everything else equal."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.kinds.table import TableDataset
from embedlab.models.entity_embeddings.encoding import Encoded
from embedlab.models.entity_embeddings.features import FIRST_WORD, Category, Rows, Text
from embedlab.models.entity_embeddings.network import table_name
from embedlab.models.entity_embeddings.predictor import RowPredictor
from embedlab.models.shared.documents import CLASS_COLUMN

Numbers = npt.NDArray[np.float64]
#: The change of the prediction, in units of the target; in percent where its logarithm is predicted.
EFFECT_COLUMN, RELATIVE_EFFECT_COLUMN = "effect", "effect %"
MEAN_TARGET_COLUMN: Final = "mean target"
#: Predictions for the effects of one column, at most.
_MOST_PREDICTIONS: Final = 2_000_000
_MOST_ROWS, _FEWEST_ROWS = 500, 10


def embedding_of(
    predictor: RowPredictor,
    feature: Category | Text,
    sample: Encoded,
    *,
    dataset: TableDataset,
    rows: Rows,
    row_values: npt.NDArray[np.int32] | None,
    targets: Numbers,
) -> Embedding:
    """Return the vectors of the values of a category, or of the words of a text, with what they do to the target.

    Parameters
    ----------
    sample
        Training rows over which effects are averaged.
    rows, targets
        All training rows, and their targets on the scale of the model.
    row_values
        `(n,)` rows of the table of a category, one for each of `rows`; None for a text.
    """
    first = 1 if isinstance(feature, Category) else FIRST_WORD
    keys = list(feature.values if isinstance(feature, Category) else feature.words)
    vectors = np.ascontiguousarray(predictor.weights[table_name(feature.name)][first:])
    metadata = pd.DataFrame({COUNT_COLUMN: np.array(feature.counts, np.int64)})
    metadata = metadata.assign(**_effects(predictor, feature.name, vectors, metadata[COUNT_COLUMN].to_numpy(), sample))
    if row_values is not None:
        metadata = metadata.assign(**_means(predictor, feature.name, dataset, rows, row_values, targets, len(keys)))
    return Embedding(vectors, keys, metadata=metadata)


def _effects(
    predictor: RowPredictor,
    name: str,
    vectors: npt.NDArray[np.float32],
    counts: npt.NDArray[np.int64],
    sample: Encoded,
) -> dict[str, npt.NDArray[np.generic]]:
    """Return the partial effect of each value: the mean prediction if all rows had it, minus that of a usual value.

    Source: Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", 2001, section 8.2 (partial
    dependence).
    """
    n_rows = int(np.clip(_MOST_PREDICTIONS // max(1, len(vectors)), _FEWEST_ROWS, _MOST_ROWS))
    joined = predictor.joined(sample.take(slice(0, n_rows)))
    place = predictor.part_slices()[name]
    outputs = []
    for vector in vectors:
        joined[:, place] = vector
        outputs.append(predictor.outputs(joined).mean(axis=0))
    means = np.array(outputs)
    changes = means - np.average(means, axis=0, weights=np.maximum(counts, 1))
    if not predictor.classes:
        if predictor.target.is_log:
            return {RELATIVE_EFFECT_COLUMN: 100 * np.expm1(np.clip(changes, -20, 20))}
        return {EFFECT_COLUMN: changes}
    if len(predictor.classes) == 2:
        # Of the less frequent class, which is second.
        return {EFFECT_COLUMN: changes[:, 1]}
    return {CLASS_COLUMN: np.array(predictor.classes, object)[changes.argmax(axis=1)]}


def _means(
    predictor: RowPredictor,
    name: str,
    dataset: TableDataset,
    rows: Rows,
    row_values: npt.NDArray[np.int32],
    targets: Numbers,
    n_values: int,
) -> dict[str, Numbers]:
    """Return the mean target of each value, and the means of columns of numbers that the model does not get."""
    given = {number.column for number in predictor.features.numbers}
    is_date = any(each.name == name and each.part for each in predictor.features.categories)
    found: dict[str, Numbers] = {}
    if not predictor.classes:
        found[MEAN_TARGET_COLUMN] = predictor.target.original(_mean_by_value(targets, row_values, n_values))
    elif len(predictor.classes) == 2:
        found[MEAN_TARGET_COLUMN] = _mean_by_value(targets, row_values, n_values)
    for column in dataset.columns:
        is_target = column.name == predictor.target.name
        if column.type == "number" and column.name not in given and not is_target and not is_date:
            numbers: Numbers = np.asarray(dataset.numbers(column.name))[rows]
            name = column.name if column.name not in {"key", "label", *found, COUNT_COLUMN} else f"mean {column.name}"
            found[name] = _mean_by_value(numbers, row_values, n_values)
    return found


def _mean_by_value(numbers: Numbers, row_values: npt.NDArray[np.int32], n_values: int) -> Numbers:
    """Return the `(n_values,)` means of numbers by the row of their value in a table, without row 0; NaN if none."""
    known = np.isfinite(numbers)
    counts = np.bincount(row_values[known], minlength=n_values + 1)[1:].astype(np.float64)
    sums = np.bincount(row_values[known], numbers[known], n_values + 1)[1:]
    means: Numbers = np.divide(sums, counts, out=np.full(n_values, np.nan), where=counts > 0)
    return means
