"""A memory-bounded cache for embeddings and models that all sessions share."""

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

#: Longer sequences are measured by a sample of this size.
_SAMPLE = 1000
_MOST_OBJECTS = 200_000


class ByteCache:
    """A thread-safe cache that evicts the least recently used items when it exceeds its limits.

    Parameters
    ----------
    max_bytes
        Limit on the total size. A larger item is returned but not cached.
    max_items
        Limit on the number of items, since each may hold an open file (a mapped array does).
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
        """Total size of the items in bytes."""
        return self._n_bytes

    def get(self, key: Hashable, make: Callable[[], T], size_of: Callable[[T], int] | None = None) -> T:
        """Return the item of `key`; create it if it is missing.

        If several threads request the same missing item, one creates it and the others wait.

        Parameters
        ----------
        key
            The key of the item.
        make
            Creates the item; if it raises, nothing is cached.
        size_of
            Returns the memory of the item in bytes; by default `memory_of`.
        """
        with self._lock:
            if key in self._items:
                return cast("T", self._touch(key))
            opening = self._opening.setdefault(key, threading.Lock())
        try:
            with opening:
                with self._lock:
                    if key in self._items:
                        return cast("T", self._touch(key))
                item = make()
                self._store(key, item, (size_of or memory_of)(item))
                return item
        finally:
            with self._lock:
                if self._opening.get(key) is opening:
                    del self._opening[key]

    def peek(self, key: Hashable) -> Any:
        """Return the item of `key`, or None if it is missing."""
        with self._lock:
            return self._touch(key) if key in self._items else None

    def clear(self) -> None:
        """Remove all items."""
        with self._lock:
            self._items.clear()
            self._n_bytes = 0

    def _touch(self, key: Hashable) -> Any:
        """Return an item and mark it as recently used; the caller holds the lock."""
        self._items.move_to_end(key)
        return self._items[key][0]

    def _store(self, key: Hashable, item: Any, n_bytes: int) -> None:
        if n_bytes > self.max_bytes:
            return
        with self._lock:
            self._items[key] = (item, n_bytes)
            self._n_bytes += n_bytes
            while self._n_bytes > self.max_bytes or len(self._items) > self.max_items:
                _, (_, n_evicted) = self._items.popitem(last=False)
                self._n_bytes -= n_evicted


def memory_of(value: Any) -> int:
    """Return the approximate memory of an object in bytes, including everything it refers to.

    Arrays and tables are counted exactly, long sequences from a sample. Memory-mapped arrays count as zero: their pages
    belong to the file cache of the system, which frees them when memory is short.
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
    slots = [getattr(value, name) for name in getattr(type(value), "__slots__", ()) if hasattr(value, name)]
    return sys.getsizeof(value) + sum(
        _memory_of(part, seen) for part in [*slots, *getattr(value, "__dict__", {}).values()]
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
