"""Compiling own loops with Numba. Imported by modules that only a training imports: the server never loads Numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])

#: The interpreter lock is let go, so that Python's own threads run the loops side by side; a division by zero gives
#: infinity as in NumPy, for a check in the loop would keep the processor from doing several numbers at once.
_OPTIONS = {"nogil": True, "error_model": "numpy"}


def compiled(function: F) -> F:
    """Compile a loop; the machine code is kept beside the package or, where that is read-only, in the user's cache."""
    return _compile(function, fastmath=False)


def compiled_fast(function: F) -> F:
    """Compile a loop whose sums may be added up in any order."""
    return _compile(function, fastmath=True)


def _compile(function: F, *, fastmath: bool) -> F:
    try:
        return cast("F", numba.njit(cache=True, fastmath=fastmath, **_OPTIONS)(function))
    except RuntimeError:
        # Neither folder can be written: it is compiled again in each process.
        return cast("F", numba.njit(fastmath=fastmath, **_OPTIONS)(function))
