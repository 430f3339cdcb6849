"""Scores that could not be computed: each is reported with a reason, and never fails the job.

Training a model may take hours, a score takes seconds. So an error in a score, or a score that is not a finite number
and cannot be stored as JSON, becomes one plain sentence under ``scores["not_computed"]``.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import numpy as np

from embedlab.core.errors import CancelledError, StorageError
from embedlab.core.files import is_storage_error
from embedlab.jobs.engine.error_report import plain_reason
from embedlab.workspace.catalog import is_id

#: Key in a run's scores: one plain sentence for each missing score, by name.
NOT_COMPUTED = "not_computed"
#: Name of the reason if the whole evaluation failed.
JUDGING = "judging"
#: Figures that may be missing although the score itself is valid.
_OPTIONAL = {"low", "high", "interval"}
_INTERVAL = "_interval"
T = TypeVar("T")
logger = logging.getLogger(__name__)


class NotFiniteError(ValueError):
    """A figure is NaN or infinite, or cannot be stored as JSON."""


class NotComputed:
    """Collects the reasons why figures are missing, by name."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}

    def attempt(self, name: str, what: str, compute: Callable[[], T]) -> T | None:
        """Compute something that may fail; return None if it does.

        Parameters
        ----------
        name
            Key of the score.
        what
            Its name at the start of a sentence: "The scores of the test part".
        compute
            May raise any error. Cancellation and storage errors are raised again.
        """
        try:
            return compute()
        except (CancelledError, StorageError):
            raise
        except Exception as error:
            if isinstance(error, OSError) and is_storage_error(error):
                raise
            # Log the traceback: it may be a bug.
            logger.warning("%s could not be computed", what, exc_info=True)
            self.reasons[name] = f"{what} could not be computed: {plain_reason(error)}"
            return None

    def finite(self, scores: Mapping[str, Any], title: Callable[[str], str] = str) -> dict[str, Any]:
        """Return scores as JSON; scores with numbers that are not finite are omitted, with a reason.

        If only the interval of a score is not finite, only the interval is omitted.

        Parameters
        ----------
        scores
            By name; reasons among them (see `NOT_COMPUTED`) are kept.
        title
            Returns the name of a score in a sentence.
        """
        finite: dict[str, Any] = {}
        for name, value in scores.items():
            if name == NOT_COMPUTED:
                self.reasons |= value
            elif name == "files" and isinstance(value, Mapping):
                # Each file has its own score.
                finite[name] = {}
                for file_id, file_score in value.items():
                    self._add_finite(finite[name], file_id, file_score, _file_title(file_id, file_score))
            else:
                self._add_finite(finite, name, value, title(name))
        return finite

    def _add_finite(self, finite: dict[str, Any], name: str, value: Any, title: str) -> None:
        missing: list[str] = []
        try:
            finite[name] = _plain(value, missing)
        except NotFiniteError as error:
            self.reasons[name] = f"{title} could not be computed: it contains {error}."
            return
        if missing:
            self.reasons[name + _INTERVAL] = f"{title} has no interval: its bounds are not finite."

    def among(self, scores: Mapping[str, Any]) -> dict[str, Any]:
        """Return scores together with the reasons, if any."""
        return {**scores, NOT_COMPUTED: dict(self.reasons)} if self.reasons else dict(scores)


def with_newer(before: Mapping[str, Any], newer: Mapping[str, Any], instead_of: Collection[str] = ()) -> dict[str, Any]:
    """Return scores updated with newer ones; reasons of replaced or newly computed scores are removed.

    Parameters
    ----------
    before, newer
        Scores, with their reasons.
    instead_of
        Names of scores to remove even if there are no newer ones.
    """

    def is_replaced(name: str) -> bool:
        stem = name.removesuffix(_INTERVAL)
        is_file = "files" in instead_of and is_id(stem)
        is_whole_evaluation = name == JUDGING and bool(instead_of)
        return stem in instead_of or stem in newer or is_file or is_whole_evaluation

    reasons = {name: why for name, why in before.get(NOT_COMPUTED, {}).items() if not is_replaced(name)}
    reasons |= newer.get(NOT_COMPUTED, {})
    older = {name: value for name, value in before.items() if name not in instead_of and name != NOT_COMPUTED}
    merged = {**older, **{name: value for name, value in newer.items() if name != NOT_COMPUTED}}
    # An older score remains valid even if a newer attempt has failed.
    reasons = {name: why for name, why in reasons.items() if name not in merged}
    return {**merged, NOT_COMPUTED: reasons} if reasons else merged


def _plain(value: Any, missing: list[str]) -> Any:
    """Return a value as JSON; interval bounds that are not finite become None and are added to `missing`."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist(), missing)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotFiniteError("a number that is not finite")
        return float(value)
    if isinstance(value, Mapping):
        return {str(name): _plain_part(str(name), part, missing) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, missing) for part in value]
    raise NotFiniteError(f"something that cannot be stored ({type(value).__name__})")


def _plain_part(name: str, part: Any, missing: list[str]) -> Any:
    if name not in _OPTIONAL:
        return _plain(part, missing)
    try:
        return _plain(part, missing)
    except NotFiniteError:
        missing.append(name)
        return None


def _file_title(file_id: str, score: Any) -> str:
    return f"The score on {score.get('name', file_id)}" if isinstance(score, Mapping) else file_id
