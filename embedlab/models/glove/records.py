"""The co-occurrences GloVe trains on, in random order: in memory if they fit, otherwise in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.files import storage_errors
from embedlab.models.shared.cooccurrence import Cooccurrences, PairBlock

#: One entry of the symmetric table; training needs only the logarithm of the count.
RECORD = np.dtype([("row", np.int32), ("column", np.int32), ("log_count", np.float32)])
Records = npt.NDArray[Any]

#: Maximum number of records in memory (12 bytes each).
MEMORY_RECORDS = 1 << 26
_FILE = "records.bin"


def shuffled_records(
    pairs: Cooccurrences,
    seed: int,
    scratch: Path,
    report: Callable[[float], None],
    memory_records: int = MEMORY_RECORDS,
) -> Records:
    """Return each pair in both directions, in random order.

    A table larger than `memory_records` is distributed at random over files. Each file is shuffled, and all are
    concatenated into one memory-mapped file, which is also in random order.

    Parameters
    ----------
    pairs
        The counted table.
    seed
        The same seed gives the same order.
    scratch
        Folder for the file; has to exist as long as the result is used.
    report
        Called with the completed share several times a second; may raise to stop.
    memory_records
        Maximum number of records in memory.
    """
    rng = np.random.default_rng(seed)
    n_files = -(-2 * pairs.n_entries // max(1, memory_records))
    if n_files > 1:
        return _FileShuffler(n_files, rng, scratch).records(pairs, report)
    records = np.empty(2 * pairs.n_entries, RECORD)
    n_records = 0
    for part in _both_directions(pairs, report):
        records[n_records : n_records + len(part)] = part
        n_records += len(part)
    records = records[:n_records]
    # In place, to avoid a second copy in memory.
    rng.shuffle(records)
    report(1.0)
    return records


def _both_directions(pairs: Cooccurrences, report: Callable[[float], None]) -> Iterator[Records]:
    n_seen = 0
    for block in pairs.blocks():
        yield _records_of(block)
        n_seen += len(block.rows)
        report(0.8 * n_seen / pairs.n_entries)


def _records_of(block: PairBlock) -> Records:
    off_diagonal = block.rows != block.columns
    n_upper = len(block.rows)
    records = np.empty(n_upper + int(off_diagonal.sum()), RECORD)
    upper, lower = records[:n_upper], records[n_upper:]
    upper["row"], upper["column"] = block.rows, block.columns
    # On the diagonal, both directions are the same entry.
    upper["log_count"] = np.log(np.where(off_diagonal, block.values, 2 * block.values))
    lower["row"], lower["column"] = block.columns[off_diagonal], block.rows[off_diagonal]
    lower["log_count"] = upper["log_count"][off_diagonal]
    return records


@dataclass(frozen=True)
class _FileShuffler:
    """Distributes records over files at random, then concatenates the shuffled files."""

    n_files: int
    rng: np.random.Generator
    scratch: Path

    def records(self, pairs: Cooccurrences, report: Callable[[float], None]) -> Records:
        """Return all records, memory-mapped."""
        paths = [self.scratch / f"shard-{number}.bin" for number in range(self.n_files)]
        target = self.scratch / _FILE
        with storage_errors(target):
            self._distribute(pairs, paths, report)
            with target.open("wb") as stream:
                for number, path in enumerate(paths):
                    records = np.fromfile(path, RECORD)
                    path.unlink()
                    self.rng.shuffle(records)
                    records.tofile(stream)
                    report(0.8 + 0.2 * (number + 1) / self.n_files)
        # A plain, writable array: Numba would compile the loop again for other types.
        return np.asarray(np.memmap(target, RECORD, "r+"))

    def _distribute(self, pairs: Cooccurrences, paths: list[Path], report: Callable[[float], None]) -> None:
        for path in paths:
            path.write_bytes(b"")
        for records in _both_directions(pairs, report):
            shards = self.rng.integers(0, self.n_files, len(records))
            order = np.argsort(shards, kind="stable")
            edges = np.searchsorted(shards[order], np.arange(self.n_files + 1))
            for number, path in enumerate(paths):
                with path.open("ab") as stream:
                    records[order[edges[number] : edges[number + 1]]].tofile(stream)
