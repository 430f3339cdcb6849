"""What a sample is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class SampleFiles:
    """A sample as files to import: the data, and for ratings also the items."""

    path: Path
    items_path: Path | None = None


@dataclass(frozen=True)
class Sample:
    """One sample and the training that suits it.

    Parameters
    ----------
    name
        Name in addresses and on the command line.
    title, summary
        Shown to users.
    kind
        Kind of the imported dataset.
    model
        Name of the model to train.
    parameters
        Parameters of the model that give a good embedding in under 25 s on two cores.
    write
        Writes its files into a folder.
    options
        Import options that differ from those guessed from the content.
    """

    name: str
    title: str
    summary: str
    kind: str
    model: str
    parameters: Mapping[str, Any]
    write: Callable[[Path], SampleFiles]
    options: Mapping[str, Any] = field(default_factory=dict)
