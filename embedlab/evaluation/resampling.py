"""Bootstrap resampling of sums and of classified documents, with bounded memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

N_RESAMPLES = 1000
#: All runs use the same resamples, whatever seed they were trained with.
SEED = 0
#: If there are more units, they are first merged at random into this many groups: the spread between random groups
#: estimates the same variance, to about 1 / sqrt(2 * 20,000) = 0.5 %.
MOST_UNITS = 20_000
#: Resampled counts in memory at a time (16 MB of int64).
_BLOCK = 1 << 21


def resampled_sums(totals: npt.ArrayLike, seed: int = SEED) -> Numbers:
    """Return bootstrap resamples of sums over units, drawing as many whole units with replacement.

    Parameters
    ----------
    totals
        `(n_units, n_sums)`: the contribution of each unit, such as a user, to each sum.
    seed
        The same seed gives the same resamples.

    Returns
    -------
    `(N_RESAMPLES, n_sums)` float64. All sums of a row come from the same units, so that their differences are paired.
    """
    random = np.random.default_rng(seed)
    units = _merged(np.asarray(totals, dtype=np.float64), random)
    n_units, n_sums = units.shape
    sums: Numbers = np.empty((N_RESAMPLES, n_sums))
    step = max(1, _BLOCK // n_units)
    for start in range(0, N_RESAMPLES, step):
        n_rows = min(step, N_RESAMPLES - start)
        drawn = random.integers(0, n_units, (n_rows, n_units)) + n_units * np.arange(n_rows)[:, np.newaxis]
        weights = np.bincount(drawn.ravel(), minlength=n_rows * n_units).reshape(n_rows, n_units)
        sums[start : start + n_rows] = weights @ units
    return sums


def _merged(units: Numbers, random: np.random.Generator) -> Numbers:
    if len(units) <= MOST_UNITS:
        return units
    group = random.permutation(len(units)) % MOST_UNITS
    return np.column_stack([np.bincount(group, column, MOST_UNITS) for column in units.T])


def resampled_macro_f1(truth: Codes, predictions: Sequence[Codes], n_classes: int, seed: int = SEED) -> Numbers:
    """Return bootstrap resamples of the macro F1 of several classifiers.

    Parameters
    ----------
    truth
        `(n,)` int64 classes from 0.
    predictions
        `(n,)` int64 classes, one array per classifier.
    n_classes
        Number of classes.

    Returns
    -------
    `(n_classifiers, N_RESAMPLES)` float64. Each column resamples the same documents for all classifiers.
    """
    from scipy.sparse import csr_array

    # Documents with the same class and the same predictions are drawn together: their counts are multinomial.
    cells, counts = np.unique(np.stack([truth, *predictions]), axis=1, return_counts=True)
    columns = np.arange(cells.shape[1])

    def indicator(codes: Codes, mask: npt.NDArray[np.bool_] | None = None) -> csr_array:
        selected = columns if mask is None else columns[mask]
        return csr_array((np.ones(len(selected)), (codes[selected], selected)), shape=(n_classes, cells.shape[1]))

    true_class = indicator(cells[0])
    of_classifier = [(indicator(codes), indicator(codes, codes == cells[0])) for codes in cells[1:]]
    random = np.random.default_rng(seed)
    scores: Numbers = np.empty((len(predictions), N_RESAMPLES))
    step = max(1, _BLOCK // max(len(columns), n_classes))
    for start in range(0, N_RESAMPLES, step):
        block = slice(start, min(start + step, N_RESAMPLES))
        drawn = random.multinomial(len(truth), counts / len(truth), block.stop - start).T
        n_true = true_class @ drawn
        for number, (predicted, right) in enumerate(of_classifier):
            scores[number, block] = macro_f1(n_true, predicted @ drawn, right @ drawn)
    return scores


def macro_f1(n_true: npt.ArrayLike, n_predicted: npt.ArrayLike, n_right: npt.ArrayLike) -> Numbers:
    """Return the mean F1 over the classes that occur, as ``sklearn.metrics.f1_score(average="macro")`` does.

    Parameters
    ----------
    n_true, n_predicted, n_right
        `(n_classes, ...)`: documents of each class, documents predicted as this class, and documents that are both.

    Returns
    -------
    `(...)` float64.
    """
    both = np.asarray(n_true, dtype=np.float64) + np.asarray(n_predicted, dtype=np.float64)
    occurs = both > 0
    f1 = np.divide(2 * np.asarray(n_right, dtype=np.float64), both, out=np.zeros_like(both), where=occurs)
    means: Numbers = f1.sum(axis=0) / occurs.sum(axis=0)
    return means
