"""Word co-occurrences, counted while the corpus streams from disk: memory is bounded for any corpus size."""

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
#: No word of a corpus contains this character.
_DOCUMENT_MARK = b"\x00"
_END, _UNKNOWN = -1, -2
#: Approximate number of entries in a block of the merged table.
_BLOCK_ENTRIES = 1 << 21
#: More runs than this on disk are merged into one, to limit the number of open files.
_MAX_RUNS = 32


@dataclass(frozen=True)
class Bounds:
    """Memory limits for counting.

    Parameters
    ----------
    table_cells
        Cells of the table of frequent words (8 bytes each).
    buffer_pairs
        Pairs of rarer words in the buffer before it is sorted (16 bytes each).
    run_entries
        Sorted entries in memory before they are written to disk (16 bytes each).
    """

    table_cells: int = 1 << 24
    buffer_pairs: int = 1 << 22
    run_entries: int = 1 << 24


def window_weights(window: int, weighting: WindowWeighting) -> Floats:
    """Return the weight of a pair at distance 1 to `window`.

    flat: 1; linear: `(window + 1 - distance) / window`, the expected weight with the random windows of word2vec;
    harmonic: `1 / distance`, as in GloVe.
    """
    distances = np.arange(1, window + 1, dtype=np.float64)
    if weighting == "flat":
        return np.ones(window)
    return 1 / distances if weighting == "harmonic" else (window + 1 - distances) / window


def encoded_blocks(data: TextDataset, words: list[str]) -> Iterator[tuple[npt.NDArray[np.int32], float]]:
    """Yield the corpus as int32 rows of `words`, with the share read so far; -1 marks the start of a document.

    Other words are skipped, so that the words on both sides become neighbors, as in word2vec and GloVe.
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
            tokens = b"".join(lines).split()
            rows = np.fromiter(map(lookup.get, tokens, repeat(_UNKNOWN)), np.int32, count=len(tokens))
            yield rows[rows != _UNKNOWN], stream.tell() / size


@dataclass(frozen=True)
class _Run:
    """Sorted, unique int64 keys `low << 32 | high` and their float64 values; in memory or on disk."""

    keys: Integers
    values: Floats


@dataclass(frozen=True)
class PairBlock:
    """Entries of the table, sorted by row, then column; `rows <= columns`."""

    rows: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]
    values: Floats


class Cooccurrences:
    """The co-occurrence table: symmetric, with its upper triangle in blocks.

    An off-diagonal entry is the weight of the pair in one direction; a diagonal entry is half the weight.

    Attributes
    ----------
    n_words
        Number of rows, and of columns.
    n_entries
        Maximum number of entries in all blocks.
    """

    def __init__(self, n_words: int, runs: list[_Run]) -> None:
        self.n_words = n_words
        self.n_entries = sum(len(run.keys) for run in runs)
        self._runs = runs

    def blocks(self) -> Iterator[PairBlock]:
        """Yield the upper triangle in blocks of about two million entries."""
        for keys, values in _merge(self._runs):
            yield PairBlock((keys >> 32).astype(np.int32), (keys & 0xFFFFFFFF).astype(np.int32), values)


def count_cooccurrences(
    data: TextDataset,
    words: list[str],
    weights: Floats,
    scratch: Path,
    report: Callable[[float], None],
    bounds: Bounds | None = None,
) -> Cooccurrences:
    """Count the word pairs within a window in the same document.

    Parameters
    ----------
    data
        The text.
    words
        The words to count, most frequent first; others are removed before distances are measured.
    weights
        `(window,)` float64: weight of a pair at distance 1, 2, ...
    scratch
        Folder for data that does not fit into memory; has to exist as long as the result is used.
    report
        Called with the share of the corpus read, several times a second; may raise to stop.
    bounds
        Memory limits.
    """
    counter = _PairCounter(len(words), weights, scratch, bounds or Bounds())
    for tokens, share in encoded_blocks(data, words):
        counter.add(tokens)
        report(share)
    return counter.result()


class _PairCounter:
    """Counts pairs of frequent words in a table, and pairs of rarer words in sorted runs.

    The product of the words' ranks decides which, as in GloVe's `cooccur` (Pennington, Socher & Manning, 2014).
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
        self._disk_runs: list[_Run] = []
        self._n_files = 0
        self._preceding = np.empty(0, np.int32)

    def add(self, tokens: npt.NDArray[np.int32]) -> None:
        """Count the pairs of the next tokens of the corpus."""
        from embedlab.models.shared.cooccurrence_kernels import count_pairs

        position = len(self._preceding)
        tokens = np.concatenate([self._preceding, tokens])
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
        self._preceding = tokens[-len(self._weights) :]

    def result(self) -> Cooccurrences:
        """Return the table."""
        self._sort_buffer()
        return Cooccurrences(self._n_words, [self._table_run(), *self._runs, *self._disk_runs])

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
        self._runs.append(_Run(*_sum_duplicates(keys, values, np.argsort(keys))))
        if sum(len(run.keys) for run in self._runs) > self._bounds.run_entries:
            self._reduce_runs()

    def _reduce_runs(self) -> None:
        """Merge the runs in memory; if that frees too little, write them to disk."""
        blocks = list(_merge(self._runs))
        # Release the runs before concatenating the blocks: holding both would double the peak.
        self._runs = []
        if sum(len(keys) for keys, _ in blocks) > self._bounds.run_entries / 2:
            self._disk_runs.append(self._write_run(iter(blocks)))
        else:
            self._runs = [_Run(*(np.concatenate(part) for part in zip(*blocks, strict=True)))]
        if len(self._disk_runs) > _MAX_RUNS:
            outdated = list(self._scratch.glob("pairs-*"))
            self._disk_runs = [self._write_run(_merge(self._disk_runs))]
            for path in outdated:
                # Systems that cannot delete open files remove them with the folder.
                with suppress(OSError):
                    path.unlink()

    def _write_run(self, blocks: Iterator[tuple[Integers, Floats]]) -> _Run:
        self._n_files += 1
        paths = [self._scratch / f"pairs-{self._n_files}.{part}" for part in ("keys", "values")]
        with storage_errors(paths[0]), paths[0].open("wb") as keys_file, paths[1].open("wb") as values_file:
            for keys, values in blocks:
                keys.tofile(keys_file)
                values.tofile(values_file)
        return _Run(np.memmap(paths[0], np.int64, "r"), np.memmap(paths[1], np.float64, "r"))


def _table_ends(n_words: int, n_cells: int) -> Integers:
    """Return for each row the end of its columns in the table, from a bound on the product of the ranks."""
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


def _sum_duplicates(keys: Integers, values: Floats, order: npt.NDArray[np.intp]) -> tuple[Integers, Floats]:
    """Return the unique keys, in `order`, with the sums of their values."""
    keys, values = keys[order], values[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[first], np.add.reduceat(values, first)


def _merge(runs: list[_Run]) -> Iterator[tuple[Integers, Floats]]:
    """Yield the merged runs in blocks; each block merges one range of keys from all runs."""
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
            # The stable sort detects the sorted runs and merges them.
            yield _sum_duplicates(keys, values, np.argsort(keys, kind="stable"))
