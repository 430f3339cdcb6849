"""Loops that release the GIL, over parts of their range by several threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

import numpy as np


class InParts:
    """Call a function with consecutive parts of a range, one for each thread.

    A context manager: its threads end with it. What the function stores for an index must not depend on the other
    indices, so that the result does not depend on the number of threads.
    """

    def __init__(self, n_threads: int) -> None:
        self.n_threads = max(1, n_threads)
        self._pool = ThreadPoolExecutor(self.n_threads) if self.n_threads > 1 else None

    def __call__(self, n: int, function: Callable[[int, int], None]) -> None:
        """Call `function(start, end)` for parts that together are `range(n)`; raise the first error of a part."""
        if self._pool is None:
            function(0, n)
            return
        ends = np.linspace(0, n, self.n_threads + 1).astype(int).tolist()
        list(self._pool.map(function, ends[:-1], ends[1:]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()
