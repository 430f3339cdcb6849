"""Which words stand near which, counted while the corpus streams: memory is bounded, whatever the corpus's length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from embedlab.core.files import storage_errors

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
WindowWeighting = Literal["flat", "linear", "harmonic"]

_READ_BYTES = 1 << 20
#: No word of a corpus holds this character.
_DOCUMENT_MARK = b"\x00"
_END, _UNKNOWN = -1, -2
#: Blocks of the merged table have about this many entries.
_BLOCK_ENTRIES = 1 << 21
#: More runs than this on disk are merged into one, so that not too many files are open.
_MAX_RUNS = 32


@dataclass(frozen=True)
class Bounds:
    """What counting may keep in memory.

    Parameters
    ----------
    table_cells
        Cells of the table of frequent words (8 bytes each).
    buffer_pairs
        Pairs of rarer words collected before they are sorted (16 bytes each).
    run_entries
        Sorted entries kept in memory before they go to disk (16 bytes each).
    """

    table_cells: int = 1 << 24
    buffer_pairs: int = 1 << 22
    run_entries: int = 1 << 24


def window_weights(window: int, weighting: WindowWeighting) -> Floats:
    """Return what a pair counts at distance 1 to `window`.

    flat: 1; linear: `(window + 1 - distance) / window`, what the random windows of word2vec come to; harmonic:
    `1 / distance`, as in GloVe.
    """
    distances = np.arange(1, window + 1, dtype=np.float64)
    if weighting == "flat":
        return np.ones(window)
    return 1 / distances if weighting == "harmonic" else (window + 1 - distances) / window


def encoded_blocks(data: TextDataset, words: list[str]) -> Iterator[tuple[npt.NDArray[np.int32], float]]:
    """Yield the corpus as int32 rows of `words`, with the share read so far; -1 stands where a document begins.

    Other words are left out, so that those on both sides of them become neighbors, as in word2vec and GloVe.
    """
    lookup = {word.encode(): row for row, word in enumerate(words)}
    lookup[_DOCUMENT_MARK] = _END
    starts = np.asarray(data.document_starts)
    size = max(1, data.corpus_path.stat().st_size)
    n_lines = 0
    with data.corpus_path.open("rb") as stream:
        while lines := stream.readlines(_READ_BYTES):
            first, last = np.searchsorted(starts, (n_lines, n_lines + len(lines)))
            for start in np.unique(starts[first:last] - n_lines).tolist():
                lines[start] = _DOCUMENT_MARK + b" " + lines[start]
            n_lines += len(lines)
            found = b"".join(lines).split()
            rows = np.fromiter(map(lookup.get, found, repeat(_UNKNOWN)), np.int32, count=len(found))
            yield rows[rows != _UNKNOWN], stream.tell() / size


@dataclass(frozen=True)
class _Run:
    """Sorted int64 keys `low << 32 | high`, each once, and their float64 values; in memory or on disk."""

    keys: Integers
    values: Floats


@dataclass(frozen=True)
class PairBlock:
    """Entries of the table, sorted by row, then column; `rows <= columns`."""

    rows: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]
    values: Floats


class Cooccurrences:
    """The counted table: symmetric, its upper triangle given in blocks.

    An entry off the diagonal is the weight of the pair in one direction; one on the diagonal is half of it.

    Attributes
    ----------
    n_words
        Rows, and columns.
    n_entries
        How many entries the blocks have in all, at most.
    """

    def __init__(self, n_words: int, runs: list[_Run]) -> None:
        self.n_words = n_words
        self.n_entries = sum(len(run.keys) for run in runs)
        self._runs = runs

    def blocks(self) -> Iterator[PairBlock]:
        """Yield the upper triangle in blocks of about two million entries."""
        for keys, values in _merged(self._runs):
            yield PairBlock((keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32), values)


def count_cooccurrences(
    data: TextDataset,
    words: list[str],
    weights: Floats,
    scratch: Path,
    report: Callable[[float], None],
    bounds: Bounds | None = None,
) -> Cooccurrences:
    """Count the pairs of words that stand within a window in the same document.

    Parameters
    ----------
    data
        The text.
    words
        The words counted, most frequent first; others are left out before distances are taken.
    weights
        `(window,)` float64: what a pair counts at distance 1, 2, ...
    scratch
        Folder for what does not fit into memory; has to live as long as the result.
    report
        Told the share of the corpus read several times a second; may raise to stop.
    bounds
        What may be kept in memory.
    """
    counter = _PairCounter(len(words), weights, scratch, bounds or Bounds())
    for tokens, share in encoded_blocks(data, words):
        counter.add(tokens)
        report(share)
    return counter.result()


class _PairCounter:
    """Adds pairs of frequent words up in a table, and those of rarer ones in sorted runs.

    The division by the product of the words' ranks is that of GloVe's `cooccur` (Pennington, Socher & Manning, 2014).
    """

    def __init__(self, n_words: int, weights: Floats, scratch: Path, bounds: Bounds) -> None:
        self._n_words, self._weights, self._scratch, self._bounds = n_words, weights, scratch, bounds
        self._ends = _table_ends(n_words, bounds.table_cells)
        widths = np.maximum(self._ends - np.arange(len(self._ends)), 0)
        self._offsets = np.cumsum(widths) - widths - np.arange(len(self._ends))
        self._table = np.zeros(int(widths.sum()))
        n_buffer = max(bounds.buffer_pairs, len(weights))
        self._keys, self._values = np.empty(n_buffer, np.int64), np.empty(n_buffer)
        self._n_buffered = 0
        self._runs: list[_Run] = []
        self._spilled: list[_Run] = []
        self._n_files = 0
        self._before = np.empty(0, np.int32)

    def add(self, tokens: npt.NDArray[np.int32]) -> None:
        """Count the pairs of tokens that follow those added before."""
        from embedlab.models.shared.cooccurrence_kernels import count_pairs

        position = len(self._before)
        tokens = np.concatenate([self._before, tokens])
        while position < len(tokens):
            position, self._n_buffered = count_pairs(
                tokens,
                position,
                self._weights,
                self._offsets,
                self._ends,
                self._table,
                self._keys,
                self._values,
                self._n_buffered,
            )
            if position < len(tokens):
                self._sort_buffer()
        self._before = tokens[-len(self._weights) :]

    def result(self) -> Cooccurrences:
        """Return the table."""
        self._sort_buffer()
        return Cooccurrences(self._n_words, [self._table_run(), *self._runs, *self._spilled])

    def _table_run(self) -> _Run:
        from embedlab.models.shared.cooccurrence_kernels import table_entries

        n_entries = int(np.count_nonzero(self._table))
        run = _Run(np.empty(n_entries, np.int64), np.empty(n_entries))
        table_entries(self._offsets, self._ends, self._table, run.keys, run.values)
        self._table = np.empty(0)
        return run

    def _sort_buffer(self) -> None:
        n_pairs, self._n_buffered = self._n_buffered, 0
        if not n_pairs:
            return
        keys, values = self._keys[:n_pairs], self._values[:n_pairs]
        self._runs.append(_Run(*_added_up(keys, values, np.argsort(keys))))
        if sum(len(run.keys) for run in self._runs) > self._bounds.run_entries:
            self._relieve()

    def _relieve(self) -> None:
        """Merge the runs in memory; when that frees too little, write them to disk."""
        blocks = list(_merged(self._runs))
        # What was merged is let go before it is put together: both at once would double the peak.
        self._runs = []
        if sum(len(keys) for keys, _ in blocks) > self._bounds.run_entries / 2:
            self._spilled.append(self._written(iter(blocks)))
        else:
            self._runs = [_Run(*(np.concatenate(part) for part in zip(*blocks, strict=True)))]
        if len(self._spilled) > _MAX_RUNS:
            outdated = list(self._scratch.glob("pairs-*"))
            self._spilled = [self._written(_merged(self._spilled))]
            for path in outdated:
                # A system that keeps open files clears them away with the folder.
                with suppress(OSError):
                    path.unlink()

    def _written(self, blocks: Iterator[tuple[Integers, Floats]]) -> _Run:
        self._n_files += 1
        paths = [self._scratch / f"pairs-{self._n_files}.{part}" for part in ("keys", "values")]
        with storage_errors(paths[0]), paths[0].open("wb") as keys_file, paths[1].open("wb") as values_file:
            for keys, values in blocks:
                keys.tofile(keys_file)
                values.tofile(values_file)
        return _Run(np.memmap(paths[0], np.int64, "r"), np.memmap(paths[1], np.float64, "r"))


def _table_ends(n_words: int, n_cells: int) -> Integers:
    """Return for each row the column before which its pairs are in the table: a bound on the product of the ranks."""
    rows = np.arange(n_words, dtype=np.int64)

    def ends(bound: int) -> Integers:
        return np.maximum(np.minimum(n_words, bound // (rows + 1)), 0)

    low, high = 0, n_words * n_words
    while low < high:
        middle = (low + high + 1) // 2
        if int(np.maximum(ends(middle) - rows, 0).sum()) <= n_cells:
            low = middle
        else:
            high = middle - 1
    return ends(low)


def _added_up(keys: Integers, values: Floats, order: npt.NDArray[np.intp]) -> tuple[Integers, Floats]:
    """Return each key once, in `order`, with the sum of its values."""
    keys, values = keys[order], values[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[first], np.add.reduceat(values, first)


def _merged(runs: list[_Run]) -> Iterator[tuple[Integers, Floats]]:
    """Yield the runs as one, in blocks: ranges of keys are cut out of all runs and sorted together."""
    runs = [run for run in runs if len(run.keys)]
    if not runs:
        return
    stride = max(1, _BLOCK_ENTRIES // (4 * len(runs)))
    sample = np.sort(np.concatenate([run.keys[::stride] for run in runs]))
    cuts = np.append(sample[:: max(1, _BLOCK_ENTRIES // stride)][1:], np.iinfo(np.int64).max)
    begins = [0] * len(runs)
    for cut in np.unique(cuts):
        stops = [int(np.searchsorted(run.keys, cut)) for run in runs]
        parts = [(run, slice(begin, stop)) for run, begin, stop in zip(runs, begins, stops, strict=True)]
        begins = stops
        keys = np.concatenate([run.keys[part] for run, part in parts])
        if len(keys):
            values = np.concatenate([run.values[part] for run, part in parts])
            # The stable sort finds the runs again and merges them.
            yield _added_up(keys, values, np.argsort(keys, kind="stable"))
