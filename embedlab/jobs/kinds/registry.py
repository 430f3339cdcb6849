"""The kinds of jobs, by name. Each is imported when it is asked for: the server never does their work.

A new kind is a file with its class and a line here.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from embedlab.core.errors import InputError
from embedlab.jobs.kinds.base import JobKind, Request

_PACKAGE = "embedlab.jobs.kinds"
#: By name the file and the class.
_PLACES = {
    "import": ("import_data", "Import"),
    "download": ("download", "Download"),
    "train": ("train", "Train"),
    "project": ("project", "Project"),
    "judge": ("judge", "Judge"),
    "stability": ("stability", "CompareSeeds"),
}
#: Those asked for so far, and those registered from elsewhere.
LOADED: dict[str, JobKind[Any]] = {}


def register(kind: JobKind[Any]) -> None:
    """Add a kind; raises `ValueError` for a name that is taken or does not fit the catalog."""
    if not 0 < len(kind.name) <= 20 or kind.name in names():
        raise ValueError(f"a kind of job cannot be called {kind.name!r}")
    LOADED[kind.name] = kind


def names() -> list[str]:
    """Return the names of all kinds."""
    return list(dict.fromkeys([*_PLACES, *LOADED]))


def job_kind(name: str) -> JobKind[Any]:
    """Return the kind of this name, or raise `InputError`."""
    found = known_kind(name)
    if found is None:
        raise InputError("There is no such kind of job.", received=name, remedy=f"There are: {', '.join(names())}.")
    return found


def known_kind(name: str) -> JobKind[Any] | None:
    """Return the kind of this name; None for one of another version."""
    if name not in LOADED and name in _PLACES:
        module, class_name = _PLACES[name]
        LOADED[name] = getattr(import_module(f"{_PACKAGE}.{module}"), class_name)()
    return LOADED.get(name)


def request_classes() -> dict[str, type[Request]]:
    """Return the class of requests of every kind, by which a backup's jobs are checked."""
    return {name: job_kind(name).request_class for name in names()}
