"""The kinds of jobs, by name. Each is imported on demand: the server never runs jobs.

To add a kind, add a file with its class and a line here.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from embedlab.core.errors import InputError
from embedlab.jobs.kinds.base import JobKind, Request

_PACKAGE = "embedlab.jobs.kinds"
#: The module and the class, by name.
_MODULES = {
    "import": ("import_data", "Import"),
    "download": ("download", "Download"),
    "train": ("train", "Train"),
    "project": ("project", "Project"),
    "judge": ("judge", "Judge"),
    "clusters": ("clusters", "FindClusters"),
    "stability": ("stability", "CompareSeeds"),
}
#: Kinds imported so far, and kinds registered by other code.
LOADED: dict[str, JobKind[Any]] = {}


def register(kind: JobKind[Any]) -> None:
    """Add a kind; raises `ValueError` for a name that is in use or invalid in the catalog."""
    if not 0 < len(kind.name) <= 20 or kind.name in names():
        raise ValueError(f"not a valid name for a kind of job: {kind.name!r}")
    LOADED[kind.name] = kind


def names() -> list[str]:
    """Return the names of all kinds."""
    return list(dict.fromkeys([*_MODULES, *LOADED]))


def job_kind(name: str) -> JobKind[Any]:
    """Return the kind with this name, or raise `InputError`."""
    kind = known_kind(name)
    if kind is None:
        raise InputError("There is no such kind of job.", received=name, remedy=f"Known kinds: {', '.join(names())}.")
    return kind


def known_kind(name: str) -> JobKind[Any] | None:
    """Return the kind with this name; None for one from another version."""
    if name not in LOADED and name in _MODULES:
        module, class_name = _MODULES[name]
        LOADED[name] = getattr(import_module(f"{_PACKAGE}.{module}"), class_name)()
    return LOADED.get(name)


def request_classes() -> dict[str, type[Request]]:
    """Return the request class of every kind, which validates the jobs of a backup."""
    return {name: job_kind(name).request_class for name in names()}
