"""Pairs of near words for a skip-gram network, drawn chunk by chunk while the corpus streams from disk.

Source: Mikolov, Sutskever, Chen, Corrado and Dean, "Distributed Representations of Words and Phrases and their
Compositionality", 2013.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int32]

#: Known words of a chunk: its pairs and their random words are held in memory, about 50 MB.
CHUNK_WORDS = 50_000
#: Places of the table that random words are drawn from.
_TABLE_SIZE = 1_000_000


def negative_table(counts: npt.NDArray[np.int64]) -> Rows:
    """Return rows of words, each as often as its count to the power 0.75 demands, at least once."""
    weights = counts.astype(np.float64) ** 0.75
    size = max(_TABLE_SIZE, 10 * len(counts))
    places = np.maximum(1, np.round(weights / weights.sum() * size)).astype(np.int64)
    return np.repeat(np.arange(len(counts), dtype=np.int32), places)


def chunks(corpus: Path, rows: Mapping[str, int], chunk_words: int = CHUNK_WORDS) -> Iterator[tuple[Rows, Rows, int]]:
    """Yield the rows of known words, the numbers of their lines, and the bytes read so far."""
    found: list[int] = []
    lines: list[int] = []
    position = 0
    with corpus.open("rb") as stream:
        for number, line in enumerate(stream):
            position += len(line)
            words = line.decode("utf-8", errors="surrogatepass").split()
            known = [rows[word] for word in words if word in rows]
            found += known
            lines += [number] * len(known)
            if len(found) >= chunk_words:
                yield np.array(found, np.int32), np.array(lines, np.int32), position
                found, lines = [], []
    if found:
        yield np.array(found, np.int32), np.array(lines, np.int32), position


def pairs(
    words: Rows, lines: Rows, keep: npt.NDArray[np.float64], window: int, rng: np.random.Generator
) -> tuple[Rows, Rows]:
    """Return `(n,)` words and `(n,)` words near them in the same line, in random order.

    Parameters
    ----------
    words, lines
        Rows of words, and the line each stands on.
    keep
        `(n_words,)` probability that an occurrence is not thinned out, before windows are laid.
    window
        Widest distance; the width of each word's own window is drawn from 1 to this.
    """
    kept = rng.random(len(words)) < keep[words]
    words, lines = words[kept], lines[kept]
    reach = rng.integers(1, window + 1, len(words))
    targets, contexts = [], []
    for distance in range(1, min(window, len(words) - 1) + 1):
        before, after = words[:-distance], words[distance:]
        together = lines[:-distance] == lines[distance:]
        forwards = together & (reach[:-distance] >= distance)
        backwards = together & (reach[distance:] >= distance)
        targets += [before[forwards], after[backwards]]
        contexts += [after[forwards], before[backwards]]
    if not targets:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    target, context = np.concatenate(targets), np.concatenate(contexts)
    order = rng.permutation(len(target))
    return target[order], context[order]
