"""Detecting what a file is, from its content and never from its name."""

from __future__ import annotations

from pathlib import Path

from embedlab.core.errors import InputError
from embedlab.kinds.guess import Column, Guess
from embedlab.kinds.registry import KINDS
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.other_formats import refuse_other_formats
from embedlab.reading.sources import Limits

__all__ = ["Column", "Guess", "Layout", "sniff", "sniff_opened"]


def sniff(path: Path, limits: Limits, member: str | None = None) -> Guess:
    """Guess what a file is from its first 256 KiB.

    Parameters
    ----------
    path
        The file as it is stored.
    limits
        Bounds on what is opened.
    member
        Which file of a zip archive; the largest when left out.

    Raises
    ------
    InputError
        The file is empty, damaged, binary, or has more than 1,000 columns.
    """
    return sniff_opened(OpenedUpload(path, limits, member))


def sniff_opened(upload: OpenedUpload) -> Guess:
    """Return the guess of the first kind that recognizes an opened file.

    Raises
    ------
    InputError
        No kind can read it; the error is that of the first kind that refused it.
    """
    refusal: InputError | None = None
    for known in sorted(KINDS.values(), key=lambda each: each.sniff_order):
        try:
            guess = known.sniff(upload)
        except InputError as error:
            # A file that one kind cannot read may still be of a later kind.
            refusal = refusal or error
            continue
        if guess is not None:
            return guess
    refuse_other_formats(upload)
    raise refusal or InputError("EmbedLab cannot read this kind of file.", remedy=f"It reads {', '.join(KINDS)}.")
