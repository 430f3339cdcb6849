"""Scores of predicted targets on held-out rows, next to baselines, with intervals over rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.differences import paired_difference, share_difference
from embedlab.evaluation.intervals import error_interval, percentile_interval, wilson_interval
from embedlab.evaluation.resampling import macro_f1, resampled_macro_f1, resampled_sums
from embedlab.evaluation.scores import refuse_not_finite
from embedlab.kinds.table import Target

Numbers = npt.NDArray[np.float64]
#: The confusion matrix shows this many of the most frequent classes; the others share the last row and column.
_MOST_CONFUSED = 30
_OTHERS = "(others)"
ERRORS = ("test_rmse", "test_mae")


def score_numbers(truth: Numbers, own: Numbers, baselines: Mapping[str, Numbers], target: Target) -> dict[str, Any]:
    """Score predicted numbers.

    Parameters
    ----------
    truth, own, baselines
        `(n,)` true and predicted targets on the scale on which models predict.
    target
        Turns them into original units.

    Returns
    -------
    `test_r2` on the scale of the model (of the logarithm of a price), `test_rmse` and `test_mae` in original units,
    `n_test`, `intervals`, `baselines`, `differences`.

    Raises
    ------
    EmbedLabError
        A prediction is not a finite number.
    """
    refuse_not_finite(own)
    predictions = [own, *baselines.values()]
    n_rows, n_predictions = len(truth), len(predictions)
    original = target.original(truth)
    squared = [np.square(each - truth) for each in predictions]
    errors = [np.abs(target.original(each) - original) for each in predictions]
    deviations = truth - truth.mean()
    totals = [np.ones(n_rows), deviations, deviations**2, *squared, *(each**2 for each in errors), *errors]
    values = _statistics(np.sum(totals, axis=1)[np.newaxis], n_predictions)
    resamples = _statistics(resampled_sums(np.column_stack(totals)), n_predictions)
    intervals = {"test_r2": percentile_interval(resamples["test_r2"][:, 0], n_rows)}
    intervals |= {name: error_interval(float(values[name][0, 0]), resamples[name][:, 0], n_rows) for name in ERRORS}
    return {
        **{name: float(value[0, 0]) for name, value in values.items()},
        "n_test": n_rows,
        "intervals": {name: list(interval) for name, interval in intervals.items() if interval is not None},
        "baselines": {
            baseline: {name: float(value[0, place]) for name, value in values.items()}
            for place, baseline in enumerate(baselines, 1)
        },
        "differences": {
            baseline: {
                name: paired_difference(
                    float(value[0, 0] - value[0, place]), resamples[name][:, 0] - resamples[name][:, place], n_rows
                )
                for name, value in values.items()
            }
            for place, baseline in enumerate(baselines, 1)
        },
    }


def _statistics(sums: Numbers, n_predictions: int) -> dict[str, Numbers]:
    """Return R2, RMSE and MAE of each prediction, `(n_resamples, n_predictions)`, from sums over rows."""
    n_rows, first, second = sums[:, :1], sums[:, 1:2], sums[:, 2:3]
    squared, squared_original, absolute = np.split(sums[:, 3:], 3, axis=1)
    assert squared.shape[1] == n_predictions  # noqa: S101
    variation = np.maximum(second - first**2 / n_rows, np.finfo(np.float64).tiny)
    return {
        "test_r2": 1 - squared / variation,
        "test_rmse": np.sqrt(squared_original / n_rows),
        "test_mae": absolute / n_rows,
    }


def compare_predictions(
    truth: Numbers, first: Numbers, second: Numbers, *, is_classifier: bool
) -> tuple[float, float, dict[str, float | None]]:
    """Return R2, or the accuracy, of two predictions of the same rows, and second minus first as `paired_difference`.

    Parameters
    ----------
    truth, first, second
        `(n,)` float64 true and predicted targets on the scale on which models predict, or codes of classes.
    """
    deviations = truth - truth.mean()
    errors = [(each != truth) if is_classifier else (each - truth) ** 2 for each in (first, second)]
    totals = np.column_stack([np.ones(len(truth)), deviations, deviations**2, *errors])
    values = _main_scores(totals.sum(axis=0)[np.newaxis], is_classifier=is_classifier)[0]
    resamples = _main_scores(resampled_sums(totals), is_classifier=is_classifier)
    difference = paired_difference(float(values[1] - values[0]), resamples[:, 1] - resamples[:, 0], len(truth))
    return float(values[0]), float(values[1]), difference


def _main_scores(sums: Numbers, *, is_classifier: bool) -> Numbers:
    n_rows, first, second, errors = sums[:, :1], sums[:, 1:2], sums[:, 2:3], sums[:, 3:]
    if is_classifier:
        shares: Numbers = 1 - errors / n_rows
        return shares
    scores: Numbers = 1 - errors / np.maximum(second - first**2 / n_rows, np.finfo(np.float64).tiny)
    return scores


def score_classes(
    truth: npt.NDArray[np.int64],
    probabilities: Numbers,
    baselines: Mapping[str, npt.NDArray[np.int64]],
    classes: list[str],
) -> dict[str, Any]:
    """Score predicted classes: `test_accuracy`, macro `test_f1`, intervals, baselines, differences, and confusion.

    Parameters
    ----------
    truth
        `(n,)` true classes.
    probabilities
        `(n, n_classes)` of the model.
    baselines
        `(n,)` predicted classes by name.
    """
    refuse_not_finite(probabilities)
    own = probabilities.argmax(axis=1).astype(np.int64)
    answers = [own, *baselines.values()]
    right = [each == truth for each in answers]
    f1 = [_macro_f1(truth, each, len(classes)) for each in answers]
    resamples = resampled_macro_f1(truth, answers, len(classes))
    intervals = {
        "test_accuracy": wilson_interval(int(right[0].sum()), len(truth)),
        "test_f1": percentile_interval(resamples[0], len(truth)),
    }
    return {
        "test_accuracy": float(right[0].mean()),
        "test_f1": f1[0],
        "n_test": len(truth),
        "n_classes": len(classes),
        "intervals": {name: list(interval) for name, interval in intervals.items() if interval is not None},
        "baselines": {
            baseline: {"test_accuracy": float(right[place].mean()), "test_f1": f1[place]}
            for place, baseline in enumerate(baselines, 1)
        },
        "differences": {
            baseline: {
                "test_accuracy": share_difference(right[0], right[place]),
                "test_f1": paired_difference(f1[0] - f1[place], resamples[0] - resamples[place], len(truth)),
            }
            for place, baseline in enumerate(baselines, 1)
        },
        "confusion": _confusion(classes, truth, own),
    }


def _macro_f1(truth: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], n_classes: int) -> float:
    counts = (np.bincount(codes, minlength=n_classes) for codes in (truth, predicted, truth[truth == predicted]))
    return float(macro_f1(*counts))


def _confusion(classes: list[str], truth: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64]) -> dict[str, Any]:
    # Classes are ordered by frequency: the rare ones at the end are merged.
    n_shown = min(len(classes), _MOST_CONFUSED)
    names = [*classes[:n_shown], *([_OTHERS] if n_shown < len(classes) else [])]
    counts = np.zeros((len(names), len(names)), np.int64)
    np.add.at(counts, (np.minimum(truth, len(names) - 1), np.minimum(predicted, len(names) - 1)), 1)
    return {"classes": names, "counts": counts.tolist()}
