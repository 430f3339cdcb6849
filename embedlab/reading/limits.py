"""Bounds on what is opened, and the errors for files beyond them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from embedlab.core.errors import InputError, TooLargeError
from embedlab.core.settings import Settings


@dataclass(frozen=True)
class Limits:
    """Bounds on what is opened.

    Parameters
    ----------
    max_unpacked_bytes
        Maximum size of a file after decompression, in bytes.
    max_members
        Maximum number of files in a zip archive.
    are_settings
        Whether these bounds come from the settings, so that errors can name the setting that raises them.
    """

    max_unpacked_bytes: int = 2 * 1024**3
    max_members: int = 150_000
    are_settings: bool = True

    def remedy(self, advice: str, setting: str) -> str:
        """Return advice for a file above a bound, and how to raise the bound where that is possible."""
        return f"{advice}, or raise {setting}." if self.are_settings else f"{advice}."

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Return the bounds of the settings."""
        return cls(settings.max_unpacked_mb * 1024**2, settings.max_archive_members)


def unpacked_too_large(limits: Limits) -> TooLargeError:
    """Return the error for a file that unpacks to more bytes than allowed."""
    return TooLargeError(
        "The archive unpacks to more than is allowed.",
        received=f"more than {limits.max_unpacked_bytes / 1024**2:,.0f} MB",
        remedy=limits.remedy("Import a smaller part of it", "EMBEDLAB_MAX_UNPACKED_MB"),
    )


def empty_error(path: Path) -> InputError:
    """Return the error for a file without content. It names the size: an upload has no name its owner would know."""
    size_bytes = path.stat().st_size
    received = f"{size_bytes:,} bytes without any text" if size_bytes else "0 bytes"
    return InputError("The file is empty.", received=received, remedy="Choose a file with content.")
