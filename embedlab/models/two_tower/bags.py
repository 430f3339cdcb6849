"""Things as bags of rows of an embedding table: ids, tags and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from embedlab.kinds.pairs.dataset import Things
from embedlab.kinds.pairs.forms import TEXT

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
#: Row of all unknown tokens.
UNKNOWN = 0
#: Rows of tables in memory at a time.
_BLOCK = 65_536


@dataclass(frozen=True)
class Bags:
    """The rows of each thing: those of thing i are `rows[starts[i]:starts[i + 1]]`, at least one."""

    starts: npt.NDArray[np.int64]
    rows: Ints

    def of(self, things: npt.NDArray[np.integer]) -> tuple[Ints, Ints, Floats]:
        """Return the rows of some things, the position of each row's thing, and its weight: one over the length."""
        lengths = self.starts[things + 1] - self.starts[things]
        places = np.repeat(np.arange(len(things), dtype=np.int32), lengths)
        offsets = np.arange(len(places)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        rows = self.rows[np.repeat(self.starts[things], lengths) + offsets]
        return rows, places, (1 / lengths).astype(np.float32)[places]

    def mean_vectors(self, table: Floats) -> Floats:
        """Return the `(n, vector_size)` unit vectors of all things: the mean of their rows."""
        n_things = len(self.starts) - 1
        vectors = np.empty((n_things, table.shape[1]), np.float32)
        for start in range(0, n_things, _BLOCK):
            stop = min(start + _BLOCK, n_things)
            first = self.starts[start]
            rows = table[self.rows[first : self.starts[stop]]]
            vectors[start:stop] = np.add.reduceat(rows, self.starts[start:stop] - first, axis=0)
        return unit(vectors)


def unit(vectors: Floats) -> Floats:
    """Return vectors of length 1; zeros stay zeros."""
    lengths = np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=-1, keepdims=True))
    units: Floats = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0).astype(np.float32)
    return units


@dataclass(frozen=True)
class Vocabulary:
    """The known tokens of one kind; the token at position i has row i + 1."""

    tokens: Sequence[str]
    counts: npt.NDArray[np.int64]

    @property
    def n_rows(self) -> int:
        """Rows of the table, with that of unknown tokens."""
        return len(self.tokens) + 1

    @classmethod
    def of(cls, kind: Things, weights: npt.NDArray[np.int64], min_count: int) -> Vocabulary:
        """Return the tokens of the things in training pairs, most frequent first.

        Parameters
        ----------
        weights
            `(n_things,)` training pairs of each thing.
        min_count
            Words of texts with fewer occurrences are left out.
        """
        if kind.form == "id":
            seen = np.flatnonzero(weights)
            order = seen[np.argsort(-weights[seen], kind="stable")]
            return cls([kind.values[row] for row in order.tolist()], weights[order])
        counts: Counter[str] = Counter()
        for row in np.flatnonzero(weights).tolist():
            for token in kind.tokens(kind.values[row]):
                counts[token] += int(weights[row])
        fewest = min_count if kind.form == TEXT else 1
        kept = [(token, count) for token, count in counts.most_common() if count >= fewest]
        return cls([token for token, _ in kept], np.array([count for _, count in kept], np.int64))

    def bags(self, kind: Things) -> Bags:
        """Return the rows of all things of a kind; a thing without tokens is unknown."""
        row_of = {token: row for row, token in enumerate(self.tokens, start=1)}
        if kind.form == "id":
            rows = np.fromiter((row_of.get(value, UNKNOWN) for value in kind.values), np.int32, len(kind))
            return Bags(np.arange(len(kind) + 1, dtype=np.int64), rows)
        lists = [[row_of.get(token, UNKNOWN) for token in kind.tokens(value)] or [UNKNOWN] for value in kind.values]
        lengths = np.fromiter(map(len, lists), np.int64, len(lists))
        flat = np.fromiter((row for rows in lists for row in rows), np.int32, int(lengths.sum()))
        return Bags(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), flat)
