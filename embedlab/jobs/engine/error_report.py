"""An error as stored with a job: readable by pages and programs, and raised again by callers that wait."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from embedlab.core import errors
from embedlab.core.errors import EmbedLabError
from embedlab.core.files import as_storage_error


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


def stalled_report(limit_s: float) -> ErrorReport:
    """Return the report for a job that has made no progress for `limit_s` seconds."""
    return ErrorReport(
        "InterruptedError",
        f"The job made no progress for {limit_s:,.0f} seconds, so it was stopped.",
        remedy="Resume or restart it; EMBEDLAB_STALLED_AFTER_S sets the time limit.",
    )


def plain_reason(error: BaseException) -> str:
    """Return one plain sentence that says why something failed; for an unexpected error only the type."""
    if isinstance(error, OSError):
        error = as_storage_error(error, Path(str(error.filename or "a file"))) or error
    if isinstance(error, EmbedLabError):
        return error.what
    if isinstance(error, MemoryError):
        return "Out of memory."
    return f"Unexpected error ({type(error).__name__}); see the log for details."
