"""Compiling loops with Numba. Imported only by modules that training imports: the server never loads Numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])

#: Loops release the GIL, so that Python threads run them in parallel. Division by zero gives infinity as in NumPy,
#: because a check inside the loop would prevent vectorization.
_OPTIONS = {"nogil": True, "error_model": "numpy"}


def compiled(function: F) -> F:
    """Compile a loop; the machine code is cached in the package or, if that is read-only, in the user's cache."""
    return _compile(function, fastmath=False)


def compiled_fast(function: F) -> F:
    """Compile a loop whose sums may be computed in any order."""
    return _compile(function, fastmath=True)


def _compile(function: F, *, fastmath: bool) -> F:
    try:
        return cast("F", numba.njit(cache=True, fastmath=fastmath, **_OPTIONS)(function))
    except RuntimeError:
        # Neither folder is writable: compile again in each process.
        return cast("F", numba.njit(fastmath=fastmath, **_OPTIONS)(function))
