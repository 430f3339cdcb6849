"""Keys of a cluster, or of a group of colors."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import NotFoundError
from embedlab.core.plain import one_line
from embedlab.exploration.selections.selection import Mask

_MOST_LISTED = 12


def in_groups(codes: npt.NDArray[np.integer], groups: Collection[int]) -> Mask:
    """Return the mask of the keys whose code is one of `groups`."""
    return np.isin(codes, np.fromiter(groups, dtype=np.int64))


def group_named(names: Sequence[str], name: str) -> int:
    """Return the group with a name (ignoring case), or with a number from 1 as lists show them.

    Raises
    ------
    NotFoundError
        There is none; the remedy lists the names.
    """
    folded = [each.casefold() for each in names]
    if name.casefold() in folded:
        return folded.index(name.casefold())
    if name.isascii() and name.isdecimal() and len(name) < 5 and 1 <= int(name) <= len(names):
        return int(name) - 1
    listed = "; ".join(f"{at + 1} {one_line(each, 60)}" for at, each in enumerate(names[:_MOST_LISTED]))
    raise NotFoundError("There is no such cluster.", received=name, remedy=f"Clusters: {listed}.")
