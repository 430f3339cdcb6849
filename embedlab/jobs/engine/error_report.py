"""An error as it is kept with a job: readable by pages and programs, and raised again where somebody waits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from embedlab.core import errors
from embedlab.core.errors import EmbedLabError
from embedlab.core.files import as_storage_error


@dataclass(frozen=True)
class ErrorReport:
    """An error as it is kept with a job."""

    type: str
    what: str
    received: str | None = None
    remedy: str = ""

    @classmethod
    def of(cls, error: BaseException) -> ErrorReport:
        """Describe any error; of an unforeseen one only the type, its text goes to the log."""
        if isinstance(error, OSError):
            error = as_storage_error(error, Path(str(error.filename or "a file"))) or error
        if isinstance(error, EmbedLabError):
            return cls(type(error).__name__, error.what, error.received, error.remedy)
        if isinstance(error, MemoryError):
            return cls("MemoryError", "Out of memory.", None, "Choose smaller parameters or less data.")
        return cls(
            type(error).__name__,
            f"The work stopped on an unforeseen error ({type(error).__name__}).",
            None,
            "The log tells more. Please report it.",
        )

    def as_error(self) -> EmbedLabError:
        """Return the error to raise where the job was asked for."""
        kind = getattr(errors, self.type, None)
        if not (isinstance(kind, type) and issubclass(kind, EmbedLabError)):
            kind = EmbedLabError
        if self.received is None:
            return kind(self.what, remedy=self.remedy)
        return kind(self.what, received=self.received, remedy=self.remedy)


def stalled_report(limit_s: float) -> ErrorReport:
    """Describe the end of a job that has shown no progress for `limit_s` seconds."""
    return ErrorReport(
        "InterruptedError",
        f"The work showed no progress for {limit_s:,.0f} seconds, so it was ended.",
        remedy="Resume it or start it again; EMBEDLAB_STALLED_AFTER_S sets how long is waited.",
    )


def plain_reason(error: BaseException) -> str:
    """Return one plain sentence that says why something failed; of an unforeseen error only the type."""
    if isinstance(error, OSError):
        error = as_storage_error(error, Path(str(error.filename or "a file"))) or error
    if isinstance(error, EmbedLabError):
        return error.what
    if isinstance(error, MemoryError):
        return "Out of memory."
    return f"An unforeseen error came up ({type(error).__name__}), which the log tells more about."
