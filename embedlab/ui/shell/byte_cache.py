"""A cache bounded by the memory of what it holds, for opened embeddings and models that all sessions share."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from types import ModuleType
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd

T = TypeVar("T")

#: Of longer sequences so many items are measured, and the rest is taken to be alike.
_SAMPLE = 1000
_MOST_OBJECTS = 200_000


class ByteCache:
    """A thread-safe cache that drops what was used least recently when its bound is reached.

    Parameters
    ----------
    max_bytes
        Bound on the sum of the sizes. What is larger by itself is handed out and not kept.
    max_items
        Bound on the number of items: each may hold an open file (a mapped array does).
    """

    def __init__(self, max_bytes: int, max_items: int = 64) -> None:
        self.max_bytes = max_bytes
        self.max_items = max_items
        self._items: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._n_bytes = 0
        self._lock = threading.Lock()
        self._opening: dict[Hashable, threading.Lock] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._items

    @property
    def n_bytes(self) -> int:
        """Bytes that the items hold together."""
        return self._n_bytes

    def get(self, key: Hashable, make: Callable[[], T], size_of: Callable[[T], int] | None = None) -> T:
        """Return the item of `key`; when it is not here, make it.

        Several threads that ask for the same missing item wait for the one that makes it.

        Parameters
        ----------
        key
            What it is kept under.
        make
            Makes it; what this raises is raised, and nothing is kept.
        size_of
            Returns the bytes of memory that it holds; `memory_of` when left out.
        """
        with self._lock:
            if key in self._items:
                return cast("T", self._used(key))
            opening = self._opening.setdefault(key, threading.Lock())
        try:
            with opening:
                with self._lock:
                    if key in self._items:
                        return cast("T", self._used(key))
                item = make()
                self._keep(key, item, (size_of or memory_of)(item))
                return item
        finally:
            with self._lock:
                if self._opening.get(key) is opening:
                    del self._opening[key]

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._items.clear()
            self._n_bytes = 0

    def _used(self, key: Hashable) -> Any:
        """Return an item and note its use; the caller holds the lock."""
        self._items.move_to_end(key)
        return self._items[key][0]

    def _keep(self, key: Hashable, item: Any, n_bytes: int) -> None:
        if n_bytes > self.max_bytes:
            return
        with self._lock:
            self._items[key] = (item, n_bytes)
            self._n_bytes += n_bytes
            while self._n_bytes > self.max_bytes or len(self._items) > self.max_items:
                _, (_, dropped) = self._items.popitem(last=False)
                self._n_bytes -= dropped


def memory_of(value: Any) -> int:
    """Return about how many bytes of memory an object holds, with all that it refers to.

    Arrays and tables are counted exactly, long sequences from a sample. Arrays mapped from a file count nothing: their
    pages belong to the file cache of the system, which takes them back when memory is short.
    """
    seen: set[int] = set()
    return _memory_of(value, seen)


def _memory_of(value: Any, seen: set[int]) -> int:
    if id(value) in seen or len(seen) > _MOST_OBJECTS or isinstance(value, ModuleType) or callable(value):
        return 0
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        return _memory_of_array(value, seen)
    if isinstance(value, pd.DataFrame):
        return int(value.memory_usage(deep=True).sum())
    if isinstance(value, pd.Series | pd.Index):
        return int(value.memory_usage(deep=True))
    if isinstance(value, str | bytes | bytearray | int | float | complex | None):
        return sys.getsizeof(value)
    if isinstance(value, Mapping):
        parts = [part for pair in _sample(list(value.items())) for part in pair]
        return sys.getsizeof(value) + round(sum(_memory_of(part, seen) for part in parts) * _scale(len(value)))
    if isinstance(value, list | tuple | set | frozenset):
        return sys.getsizeof(value) + round(
            sum(_memory_of(part, seen) for part in _sample(list(value))) * _scale(len(value))
        )
    held = [getattr(value, name) for name in getattr(type(value), "__slots__", ()) if hasattr(value, name)]
    return sys.getsizeof(value) + sum(
        _memory_of(part, seen) for part in [*held, *getattr(value, "__dict__", {}).values()]
    )


def _memory_of_array(array: Any, seen: set[int]) -> int:
    base = array
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap):
            return 0
        if base.base is None:
            break
        base = base.base
    if array.dtype == object:
        return int(array.nbytes) + _memory_of(array.ravel().tolist(), seen)
    return int(array.nbytes)


def _sample(items: list[Any]) -> list[Any]:
    step = -(-len(items) // _SAMPLE) if items else 1
    return items[::step]


def _scale(n_items: int) -> float:
    step = -(-n_items // _SAMPLE) if n_items else 1
    return n_items / max(1, -(-n_items // step)) if n_items else 1.0
