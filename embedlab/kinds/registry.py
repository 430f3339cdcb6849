"""The registry of kinds of data, in the order in which they are shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from embedlab.core.errors import ConflictError, InputError
from embedlab.kinds.base import DATASET_FILE, DatasetKind, Noun
from embedlab.kinds.graph.kind import GraphKind
from embedlab.kinds.images.kind import ImagesKind
from embedlab.kinds.pairs.kind import PairsKind
from embedlab.kinds.ratings.kind import RatingsKind
from embedlab.kinds.sequences.kind import SequencesKind
from embedlab.kinds.table.kind import TableKind
from embedlab.kinds.text.kind import TextKind
from embedlab.kinds.unknown import UnknownKind
from embedlab.kinds.vectors.kind import VectorsKind

AnyKind = DatasetKind[Any]

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")

#: Kinds by name. New ones are added below, or by `register`.
_KINDS: tuple[AnyKind, ...] = (
    TextKind(),
    RatingsKind(),
    VectorsKind(),
    TableKind(),
    GraphKind(),
    PairsKind(),
    SequencesKind(),
    ImagesKind(),
)
KINDS: dict[str, AnyKind] = {known.name: known for known in _KINDS}


def kind(name: str) -> AnyKind:
    """Return the kind with this name; raises `InputError` if there is none."""
    try:
        return KINDS[name]
    except (KeyError, TypeError):
        raise InputError(
            "There is no such kind of data.", received=name, remedy=f"Choose one of {', '.join(KINDS)}."
        ) from None


def kind_or_unknown(name: str) -> AnyKind:
    """Return the kind with this name, or a placeholder if there is none: for lists of datasets."""
    return KINDS.get(name) or UnknownKind(name)


@contextmanager
def register(added: AnyKind) -> Iterator[AnyKind]:
    """Add a kind while the block runs: for tests and extensions, which enter the block when they start.

    Raises
    ------
    ConflictError
        The name is taken.
    InputError
        The name cannot be used in addresses and on the command line.
    """
    if not _NAME.fullmatch(added.name):
        raise InputError("A kind of data needs a name of lower-case letters, digits and hyphens.", received=added.name)
    if added.name in KINDS:
        raise ConflictError("There is a kind of data with this name already.", received=added.name)
    KINDS[added.name] = added
    try:
        yield added
    finally:
        del KINDS[added.name]


def noun_of(count: str) -> Noun:
    """Return the noun of a count of a dataset; a count that no kind knows gets its own name."""
    plain = count.replace("_", " ")
    return next((known.nouns[count] for known in KINDS.values() if count in known.nouns), Noun(plain, plain))


def is_dataset_file(name: str) -> bool:
    """Return whether a file with this name may be in a dataset's folder."""
    return name == DATASET_FILE or any(re.fullmatch(known.files, name) for known in KINDS.values())
