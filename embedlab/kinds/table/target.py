"""The column that a model predicts: a number, perhaps on a logarithmic scale, or a category."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError
from embedlab.kinds.columns.recognizing import ColumnReport

TargetType = Literal["number", "category"]
MOST_CLASSES: Final = 1000
#: A target with at most this many different whole numbers may be codes of classes.
MOST_CODES: Final = 20
#: Columns of this name hold classes, even if these are numbers.
_CLASS_NAMES: Final = frozenset({"label", "labels", "class", "classes", "category", "species"})
#: Rows with a target: fewer cannot be split into three parts that say anything.
FEWEST_ROWS: Final = 10
#: A positive number whose skewness is above this is predicted on a logarithmic scale by default.
_LONG_TAIL: Final = 1.0
#: Prices of 0 are mistakes if they are few.
_SHARE_NOT_POSITIVE: Final = 0.01


@dataclass(frozen=True)
class Target:
    """What is predicted.

    Parameters
    ----------
    name, number
        Of its column.
    type
        `number` (regression) or `category` (classification).
    is_log
        Whether models predict the logarithm; scores in original units are named so.
    may_be_log
        Whether all values, or all but a few, are positive, so that they have a logarithm.
    n_missing
        Rows without a target, from which no model learns and on which none is scored.
    n_not_positive
        Rows whose target has no logarithm, if models predict it; they are not used either.
    n_classes
        Of a category.
    """

    name: str
    number: int
    type: TargetType
    is_log: bool = False
    may_be_log: bool = False
    n_missing: int = 0
    n_not_positive: int = 0
    n_classes: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    def scaled(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return values of a number on the scale on which models predict; NaN where there is no logarithm."""
        if not self.is_log:
            return np.asarray(values, np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(values > 0, np.log(values), np.nan)

    def original(self, scaled: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return predictions in original units."""
        return np.exp(np.clip(scaled, -700.0, 700.0)) if self.is_log else scaled


def target_type(report: ColumnReport, chosen: TargetType | None, name: str) -> TargetType:
    """Return whether a target is a number or a category: numbers in a column named “label” are classes.

    Raises
    ------
    InputError
        It has one value, as many as rows, or cannot be read as chosen.
    """
    if report.n_values < 2:
        raise InputError(
            "The target has only one value, so there is nothing to predict.",
            received=name,
            remedy="Choose another column as the target, or import the table without one.",
        )
    if chosen is not None:
        return chosen
    if report.type in {"text", "id", "date"}:
        raise InputError(
            f"The target is neither a number nor a category: {report.reasons[0]}",
            received=name,
            remedy="Choose another column, or set the type of the target to number or category.",
        )
    if name.strip().lower() in _CLASS_NAMES and report.n_values <= MOST_CODES:
        return "category"
    return "number" if report.type == "number" and report.n_values > 2 else "category"


def may_be_codes(values: npt.NDArray[np.float64]) -> bool:
    """Return whether the `(n,)` numbers of a target may be codes of classes: few different whole numbers."""
    different = np.unique(values[np.isfinite(values)])
    return len(different) <= MOST_CODES and bool((different == np.rint(different)).all())


def number_target(name: str, number: int, values: npt.NDArray[np.float64], *, log: bool | None) -> Target:
    """Return the target of a column of numbers.

    Raises
    ------
    InputError
        Too few rows have a number, all numbers are equal, or the logarithm of one that is not positive is chosen.
    """
    known = values[np.isfinite(values)]
    _check_rows(name, len(known))
    if known.min() == known.max():
        raise InputError("All numbers of the target are equal.", received=name, remedy="Choose another target.")
    n_not_positive = int(np.count_nonzero(known <= 0))
    may_be_log = n_not_positive <= _SHARE_NOT_POSITIVE * len(known)
    if log and not may_be_log:
        raise InputError(
            "The target has too many values that are not positive, which have no logarithm.",
            received=f"{name}: {n_not_positive:,} of {len(known):,} values",
            remedy="Set target_log to false.",
        )
    is_log = may_be_log and skewness(known) > _LONG_TAIL if log is None else log
    if is_log:
        _check_rows(name, len(known) - n_not_positive)
    n_missing = len(values) - len(known)
    return Target(name, number, "number", bool(is_log), may_be_log, n_missing, n_not_positive if is_log else 0)


def category_target(name: str, number: int, codes: npt.NDArray[np.int32], n_classes: int) -> Target:
    """Return the target of a column of categories.

    Raises
    ------
    InputError
        Too few rows have a category, or there are too many categories.
    """
    n_known = int(np.count_nonzero(codes >= 0))
    _check_rows(name, n_known)
    if n_classes > MOST_CLASSES or n_classes >= n_known:
        raise InputError(
            "The target has too many categories to predict.",
            received=f"{name}: {n_classes:,} categories in {n_known:,} rows",
            remedy=f"Choose a column of at most {MOST_CLASSES:,} categories that repeat, or set its type to number.",
        )
    return Target(name, number, "category", n_missing=len(codes) - n_known, n_classes=n_classes)


def skewness(values: npt.NDArray[np.float64]) -> float:
    """Return the third standardized moment; 0 if all values are equal."""
    deviations = values - values.mean()
    spread = float(np.sqrt(np.mean(deviations**2)))
    return 0.0 if spread == 0 else float(np.mean((deviations / spread) ** 3))


def _check_rows(name: str, n_known: int) -> None:
    if n_known < FEWEST_ROWS:
        raise InputError(
            f"Only {n_known} rows have a value of the target.",
            received=name,
            remedy=f"Choose a target that at least {FEWEST_ROWS} rows have, or import the table without one.",
        )
