"""What the tests that hold for every entry need to know of a kind of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from embedlab.kinds.base import BuildContext
from embedlab.kinds.registry import kind as kind_of
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload


@dataclass(frozen=True)
class Subject:
    """A kind of data with small datasets.

    Parameters
    ----------
    kind
        Name of the kind.
    file
        A small file that is recognized as of this kind.
    counts
        Counts of a dataset of ordinary size, as an import reports them.
    make
        Imports rows into a folder and opens them; without rows, a learnable dataset.
    hostile
        Rows by name of the case.
    questions
        What to ask the abilities of its models about the learnable dataset: each returns an array.
    fixed
        Counts that do not grow with the data.
    """

    kind: str
    file: str | bytes
    counts: Mapping[str, float]
    make: Callable[[Path, Sequence[Any] | None], Any]
    hostile: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    questions: Mapping[type[Any], Callable[[Any], np.ndarray]] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()


def built(kind: str, path: Path, folder: Path) -> Any:
    """Import a file with the options that are guessed, and open it."""
    known, upload = kind_of(kind), OpenedUpload(path, Limits())
    folder.mkdir(parents=True)
    known.build(upload, known.guess_options(upload), folder, BuildContext()).imported.save(folder)
    return known.open(folder)
