"""An error as stored with a job: readable by pages and programs, and raised again by callers that wait."""

from __future__ import annotations

import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from embedlab.core import errors
from embedlab.core.errors import EmbedLabError
from embedlab.core.files import as_storage_error

#: SIGKILL, which some systems do not have; it is how Linux ends a process that needs too much memory.
_KILL_SIGNAL = 9


@dataclass(frozen=True)
class ErrorReport:
    """An error as stored with a job."""

    type: str
    what: str
    received: str | None = None
    remedy: str = ""

    @classmethod
    def of(cls, error: BaseException) -> ErrorReport:
        """Describe any error; for an unexpected one only the type, because its text goes to the log."""
        if isinstance(error, OSError):
            error = as_storage_error(error, Path(str(error.filename or "a file"))) or error
        if isinstance(error, EmbedLabError):
            return cls(type(error).__name__, error.what, error.received, error.remedy)
        if isinstance(error, MemoryError):
            return cls("MemoryError", "Out of memory.", None, "Choose smaller parameters or less data.")
        return cls(
            type(error).__name__,
            f"The job stopped with an unexpected error ({type(error).__name__}).",
            None,
            "See the log for details, and please report it.",
        )

    def as_error(self) -> EmbedLabError:
        """Return the error to raise for callers that wait for the job."""
        kind = getattr(errors, self.type, None)
        if not (isinstance(kind, type) and issubclass(kind, EmbedLabError)):
            kind = EmbedLabError
        if self.received is None:
            return kind(self.what, remedy=self.remedy)
        return kind(self.what, received=self.received, remedy=self.remedy)


def stalled_report(limit_s: float, last_seen: str | None = None) -> ErrorReport:
    """Return the report for a job that has made no progress for `limit_s` seconds.

    Parameters
    ----------
    last_seen
        How far it got, as `progress.last_seen`.
    """
    return ErrorReport(
        "InterruptedError",
        f"The job made no progress for {limit_s:,.0f} seconds, so it was stopped.",
        last_seen,
        remedy="Resume or restart it; EMBEDLAB_STALLED_AFTER_S sets the time limit.",
    )


def interrupted_report(last_seen: str, exit_code: int | None, *, can_resume: bool) -> ErrorReport:
    """Return the report for a job whose worker process ended before the job was finished.

    Parameters
    ----------
    last_seen
        How far it got, as `progress.last_seen`.
    exit_code
        Of the worker process, negative for a signal; None if it is not known, as after a restart of the server.
    can_resume
        Whether there is a checkpoint.
    """
    remedy = "Resume it from its last checkpoint, or restart it." if can_resume else "Restart it."
    if exit_code == -_KILL_SIGNAL:
        remedy += " If this happens again, the machine may be out of memory: choose smaller parameters or less data."
    return ErrorReport(
        "InterruptedError",
        "The worker process ended before the job was finished.",
        "; ".join(filter(None, (last_seen, _ended_by(exit_code)))),
        remedy=remedy,
    )


def _ended_by(exit_code: int | None) -> str:
    if exit_code is None:
        return ""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    with suppress(ValueError):
        return f"ended by {signal.Signals(-exit_code).name}"
    return f"ended by signal {-exit_code}"


def plain_reason(error: BaseException) -> str:
    """Return one plain sentence that says why something failed; for an unexpected error only the type."""
    if isinstance(error, OSError):
        error = as_storage_error(error, Path(str(error.filename or "a file"))) or error
    if isinstance(error, EmbedLabError):
        return error.what
    if isinstance(error, MemoryError):
        return "Out of memory."
    return f"Unexpected error ({type(error).__name__}); see the log for details."
