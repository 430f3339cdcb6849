"""The progress of a job: its worker appends it to small files, which all processes can read."""

from __future__ import annotations

import json
import math
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from embedlab.core.errors import StorageError, shorten
from embedlab.core.files import storage_errors
from embedlab.core.stored import damage_errors
from embedlab.jobs.engine.remaining import FallingRange, RemainingTime

_PROGRESS_FILE = "progress.jsonl"
_HISTORY_FILE = "history.jsonl"
LOG_FILE = "log.txt"
_TAIL_BYTES = 8192
_LEAST_INTERVAL_S = 0.2


@dataclass(frozen=True)
class Progress:
    """The progress of a job.

    Parameters
    ----------
    share_done
        0 to 1.
    stage
        The current step, in a few words.
    epoch, n_epochs
        Finished and total epochs, for trainings.
    rate, rate_unit
        For example 450,000 and `words/s`.
    eta_s
        Estimated remaining seconds, once there is some progress; see `Countdown`.
    eta_low_s, eta_high_s
        The range of the remaining seconds in 8 of 10 such jobs; see `RemainingTime`.
    note
        What could not be saved so far; empty if there were no problems.
    history
        One entry per finished epoch: `epoch`, `loss`, validation metrics.
    log_tail
        The last lines of the log.
    """

    share_done: float = 0.0
    stage: str = "waiting"
    epoch: int = 0
    n_epochs: int = 0
    rate: float | None = None
    rate_unit: str = ""
    eta_s: float | None = None
    eta_low_s: float | None = None
    eta_high_s: float | None = None
    elapsed_s: float = 0.0
    note: str = ""
    history: list[dict[str, float]] = field(default_factory=list)
    log_tail: list[str] = field(default_factory=list)


_WRITTEN = tuple(part.name for part in fields(Progress) if part.name not in {"history", "log_tail"})


class ProgressWriter:
    """Appends progress and history to a job's folder; skips a report too soon after the last one."""

    def __init__(self, folder: Path) -> None:
        self._progress = folder / _PROGRESS_FILE
        self._history = folder / _HISTORY_FILE
        self.note = ""
        self._started = time.monotonic()
        self._written_at = 0.0
        self._remaining = RemainingTime()
        self._displayed = FallingRange()
        # A line truncated by a kill must not corrupt the first line of the next worker.
        for path in (self._progress, self._history):
            # Even if nothing can be written here, the work itself may be possible.
            with suppress(OSError):
                _end_line(path)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the worker started."""
        return time.monotonic() - self._started

    def write(self, share_done: float, stage: str, *, force: bool = False, **details: Any) -> None:
        """Append a report."""
        now = time.monotonic()
        remaining = self._remaining.update(share_done, now)
        if not force and now - self._written_at < _LEAST_INTERVAL_S:
            return
        self._written_at = now
        shown = self._displayed.update(remaining, (stage, details.get("n_epochs")))
        eta_s, eta_low_s, eta_high_s = shown or (None, None, None)
        progress = Progress(
            share_done,
            stage,
            eta_s=eta_s,
            eta_low_s=eta_low_s,
            eta_high_s=eta_high_s,
            elapsed_s=self.elapsed_s,
            note=self.note,
            **details,
        )
        written = {name: value for name, value in asdict(progress).items() if name in _WRITTEN}
        _append(self._progress, written)

    def record(self, entry: dict[str, float]) -> None:
        """Append a finished epoch to the history."""
        _append(self._history, entry)


def _append(path: Path, entry: dict[str, Any]) -> None:
    with storage_errors(path), path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry) + "\n")


def _end_line(path: Path) -> None:
    with path.open("rb+") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 1))
        if size and stream.read(1) != b"\n":
            stream.write(b"\n")


def read_progress(folder: Path, *, log_lines: int = 12) -> Progress:
    """Return the newest progress in a job's folder; incomplete lines are ignored."""
    entries = _entries(_tail(folder / _PROGRESS_FILE))
    newest = {name: value for name, value in entries[-1].items() if _is_written(name, value)} if entries else {}
    log = _tail(folder / LOG_FILE)[-log_lines:]
    return Progress(**newest, history=read_history(folder), log_tail=log)


def last_seen(folder: Path) -> str:
    """Return how far a job got, for the error of one that ended early: `training, 4 of 10 epochs`."""
    try:
        progress = read_progress(folder)
    except StorageError:
        return "no readable progress"
    if progress.stage == Progress.stage:
        return "before its first progress"
    if not progress.n_epochs:
        return shorten(f"{progress.stage}, {100 * progress.share_done:.0f} %")
    # The history has every epoch, the progress at most five reports a second.
    epoch = max([progress.epoch, *(int(entry["epoch"]) for entry in progress.history[-1:])])
    return shorten(f"{progress.stage}, {epoch:g} of {progress.n_epochs:g} epochs")


def read_history(folder: Path) -> list[dict[str, float]]:
    """Return the finished epochs; for an epoch trained twice after resuming, the later one."""
    path = folder / _HISTORY_FILE
    with damage_errors(path.name):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    by_epoch = {
        entry["epoch"]: {name: value for name, value in entry.items() if _is_number(value)}
        for entry in _entries(lines)
        if _is_number(entry.get("epoch"))
    }
    return [by_epoch[epoch] for epoch in sorted(by_epoch)]


def forget_progress(folder: Path, *, history: bool) -> None:
    """Delete the progress, and with `history` also the finished epochs."""
    (folder / _PROGRESS_FILE).unlink(missing_ok=True)
    if history:
        (folder / _HISTORY_FILE).unlink(missing_ok=True)


def _entries(lines: list[str]) -> list[dict[str, Any]]:
    entries = []
    for line in lines:
        try:
            entry = json.loads(line, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            # The worker may still be writing this line, or was killed while writing it.
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_written(name: str, value: Any) -> bool:
    """Return whether a value is valid for its field; others come from a damaged file."""
    if name in {"stage", "rate_unit", "note"}:
        return isinstance(value, str)
    if name in {"rate", "eta_s", "eta_low_s", "eta_high_s"}:
        return value is None or _is_number(value)
    if name == "share_done":
        return _is_number(value) and 0.0 <= value <= 1.0
    return name in _WRITTEN and _is_number(value)


def _refuse_constant(name: str) -> None:
    """Raise `ValueError` for NaN and infinity, which are not valid JSON."""
    raise ValueError(name)


def _tail(path: Path) -> list[str]:
    if not path.exists():
        return []
    with damage_errors(path.name), path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _TAIL_BYTES))
        return stream.read().decode("utf-8", errors="replace").splitlines()
