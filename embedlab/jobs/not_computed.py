"""Figures that could not be computed: told with a reason, and never the end of the work they were to describe.

A trained model is worth hours; a score of it is worth seconds. So an error in a score, or a score that is no finite
number and could not be stored as JSON, becomes one plain sentence under ``scores["not_computed"]``.
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

#: Where a run's scores keep the reasons: by name of what is missing one plain sentence.
NOT_COMPUTED = "not_computed"
#: The name under which a judgement that failed as a whole is told.
JUDGING = "judging"
#: Figures around a score that may be missing while the score itself stands.
_AROUND = {"low", "high", "interval"}
_INTERVAL = "_interval"
T = TypeVar("T")
logger = logging.getLogger(__name__)


class NotFiniteError(ValueError):
    """A figure is NaN or infinite, or has no form in JSON."""


class NotComputed:
    """Collects by name why figures are missing."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}

    def attempt(self, name: str, what: str, compute: Callable[[], T]) -> T | None:
        """Compute something that may fail; None when it does.

        Parameters
        ----------
        name
            What would be missing, as the key of a score.
        what
            The same for people, at the beginning of a sentence: "The scores of the test part".
        compute
            Raises what it likes. A cancellation and a disk that cannot be written pass through.
        """
        try:
            return compute()
        except (CancelledError, StorageError):
            raise
        except Exception as error:
            if isinstance(error, OSError) and is_storage_error(error):
                raise
            # What nobody foresaw is told with its traceback: it may be a fault of the program.
            logger.warning("%s could not be computed", what, exc_info=True)
            self.reasons[name] = f"{what} could not be computed: {plain_reason(error)}"
            return None

    def finite(self, scores: Mapping[str, Any], title: Callable[[str], str] = str) -> dict[str, Any]:
        """Return scores as JSON takes them; those that hold a number which is not finite are left out with a reason.

        Of a score whose interval alone is not finite, the interval is left out.

        Parameters
        ----------
        scores
            By name; reasons among them (see `NOT_COMPUTED`) are taken over.
        title
            Returns what a score is called in a sentence.
        """
        kept: dict[str, Any] = {}
        for name, value in scores.items():
            if name == NOT_COMPUTED:
                self.reasons |= value
            elif name == "files" and isinstance(value, Mapping):
                # Each file is a score of its own.
                kept[name] = {}
                for file_id, of_file in value.items():
                    self._keep_finite(kept[name], file_id, of_file, _file_title(file_id, of_file))
            else:
                self._keep_finite(kept, name, value, title(name))
        return kept

    def _keep_finite(self, kept: dict[str, Any], name: str, value: Any, title: str) -> None:
        missing: list[str] = []
        try:
            kept[name] = _plain(value, missing)
        except NotFiniteError as error:
            self.reasons[name] = f"{title} could not be computed: it holds {error}."
            return
        if missing:
            self.reasons[name + _INTERVAL] = f"{title} has no interval: its bounds are no finite numbers."

    def among(self, scores: Mapping[str, Any]) -> dict[str, Any]:
        """Return scores together with the reasons, if there are any."""
        return {**scores, NOT_COMPUTED: dict(self.reasons)} if self.reasons else dict(scores)


def with_newer(before: Mapping[str, Any], newer: Mapping[str, Any], instead_of: Collection[str] = ()) -> dict[str, Any]:
    """Return scores with newer ones put in; reasons of what gives way, or has been computed since, go.

    Parameters
    ----------
    before, newer
        Scores, each with its reasons.
    instead_of
        Names of those that give way whether or not there are newer ones.
    """

    def gives_way(name: str) -> bool:
        stem = name.removesuffix(_INTERVAL)
        of_a_file = "files" in instead_of and is_id(stem)
        of_a_judgement = name == JUDGING and bool(instead_of)
        return stem in instead_of or stem in newer or of_a_file or of_a_judgement

    reasons = {name: why for name, why in before.get(NOT_COMPUTED, {}).items() if not gives_way(name)}
    reasons |= newer.get(NOT_COMPUTED, {})
    kept = {name: value for name, value in before.items() if name not in instead_of and name != NOT_COMPUTED}
    merged = {**kept, **{name: value for name, value in newer.items() if name != NOT_COMPUTED}}
    # An older score that stands is not missing, though the newer attempt at it has failed.
    reasons = {name: why for name, why in reasons.items() if name not in merged}
    return {**merged, NOT_COMPUTED: reasons} if reasons else merged


def _plain(value: Any, missing: list[str]) -> Any:
    """Return a value as JSON has it; bounds of an interval that are not finite become None and are added to missing."""
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
    if name not in _AROUND:
        return _plain(part, missing)
    try:
        return _plain(part, missing)
    except NotFiniteError:
        missing.append(name)
        return None


def _file_title(file_id: str, of_file: Any) -> str:
    return f"The score by {of_file.get('name', file_id)}" if isinstance(of_file, Mapping) else file_id
