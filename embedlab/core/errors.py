"""The errors that EmbedLab raises deliberately: what is wrong, the value received, and what to do.

Everything a user can cause is an `InputError`; the command line turns it into exit code 2 and the pages
show it next to the input that caused it. Everything else is a failure (exit code 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_LONGEST_RECEIVED = 200
_NOTHING = object()


class EmbedLabError(Exception):
    """Base class of all errors that EmbedLab raises deliberately.

    Parameters
    ----------
    what
        One plain sentence that says what is wrong, ending with a full stop.
    received
        The offending value; shortened to 200 characters.
    remedy
        One plain sentence that says what to do, without Markdown: pages and the terminal show it as it is.
    """

    exit_code = 1

    def __init__(self, what: str, *, received: object = _NOTHING, remedy: str = "") -> None:
        self.what = what
        self.received = None if received is _NOTHING else shorten(received)
        self.remedy = remedy
        parts = [what]
        if self.received is not None:
            parts.append(f"Received: {self.received}" if self.received.endswith(".") else f"Received: {self.received}.")
        if remedy:
            parts.append(remedy)
        super().__init__(" ".join(parts))

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.received, self.remedy))


def _rebuild(kind: type[EmbedLabError], what: str, received: str | None, remedy: str) -> EmbedLabError:
    return kind(what, remedy=remedy) if received is None else kind(what, received=received, remedy=remedy)


class InputError(EmbedLabError):
    """The user's input cannot be used."""

    exit_code = 2


class NotFoundError(InputError):
    """An id, key, column or file that does not exist."""


class ParameterError(InputError):
    """A parameter outside its bounds or of the wrong type."""


class TooLargeError(InputError):
    """An input above a stated bound."""


@dataclass(frozen=True)
class Choice:
    """One way to read a file that can be read in several.

    Parameters
    ----------
    flag
        The flag of the command line that chooses it: `--keys numbered`.
    options
        The options that choose it, by name.
    title
        What it means, in a few words.
    sample
        What the data looks like when it is read this way, on one line.
    """

    flag: str
    title: str
    sample: str
    options: Mapping[str, str] = field(default_factory=dict)


class UnsureError(InputError):
    """A file can be read in several ways, and its content does not tell which is right.

    Parameters
    ----------
    what
        One plain sentence saying what is not clear.
    received, remedy
        As in every error; the remedy is made of the choices when it is left out.
    choices
        The ways to read it; each flag and its sample become part of the remedy.
    """

    def __init__(
        self, what: str, *, received: object = _NOTHING, remedy: str = "", choices: Sequence[Choice] = ()
    ) -> None:
        self.choices = tuple(choices)
        ways = "; ".join(f"{one.flag} ({one.title}: {shorten(one.sample, 80)})" for one in self.choices)
        super().__init__(what, received=received, remedy=remedy or f"Choose one: {ways}.")

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_unsure, (self.what, self.received, self.remedy, self.choices))


def _rebuild_unsure(what: str, received: str | None, remedy: str, choices: tuple[Choice, ...]) -> UnsureError:
    given = _NOTHING if received is None else received
    return UnsureError(what, received=given, remedy=remedy, choices=choices)


class TooSlowError(EmbedLabError):
    """A download that is too slow to ever finish."""


class CancelledError(EmbedLabError):
    """The user cancelled the work."""


class StorageError(EmbedLabError):
    """The workspace could not be written or read (a full disk, missing rights, a damaged file)."""


class ConflictError(EmbedLabError):
    """The action is not possible in the current state (already finished, in use)."""

    exit_code = 2


def shorten(value: object, longest: int = _LONGEST_RECEIVED) -> str:
    """Return `value` as one printable line of at most `longest` characters."""
    text = value if isinstance(value, str) else repr(value)
    text = text[: longest + 1]
    text = "".join(character if character.isprintable() else "�" for character in text.replace("\t", " "))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
