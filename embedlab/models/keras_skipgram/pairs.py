"""Word and context pairs for a skip-gram network, drawn in chunks while the corpus streams from disk.

Source: Mikolov, Sutskever, Chen, Corrado and Dean, "Distributed Representations of Words and Phrases and their
Compositionality", 2013.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int32]

#: In-vocabulary words of a chunk; its pairs and their negative samples take about 50 MB of memory.
CHUNK_WORDS = 50_000
#: Size of the table that negative samples are drawn from.
_TABLE_SIZE = 1_000_000


def negative_table(counts: npt.NDArray[np.int64]) -> Rows:
    """Return rows of words, each repeated in proportion to its count to the power 0.75, at least once."""
    weights = counts.astype(np.float64) ** 0.75
    size = max(_TABLE_SIZE, 10 * len(counts))
    places = np.maximum(1, np.round(weights / weights.sum() * size)).astype(np.int64)
    return np.repeat(np.arange(len(counts), dtype=np.int32), places)


def chunks(corpus: Path, rows: Mapping[str, int], chunk_words: int = CHUNK_WORDS) -> Iterator[tuple[Rows, Rows, int]]:
    """Yield the rows of known words, their line numbers, and the bytes read so far."""
    tokens: list[int] = []
    lines: list[int] = []
    position = 0
    with corpus.open("rb") as stream:
        for number, line in enumerate(stream):
            position += len(line)
            words = line.decode("utf-8", errors="surrogatepass").split()
            known = [rows[word] for word in words if word in rows]
            tokens += known
            lines += [number] * len(known)
            if len(tokens) >= chunk_words:
                yield np.array(tokens, np.int32), np.array(lines, np.int32), position
                tokens, lines = [], []
    if tokens:
        yield np.array(tokens, np.int32), np.array(lines, np.int32), position


def pairs(
    words: Rows, lines: Rows, keep: npt.NDArray[np.float64], window: int, rng: np.random.Generator
) -> tuple[Rows, Rows]:
    """Return `(n,)` words and `(n,)` context words from the same lines, in random order.

    Parameters
    ----------
    words, lines
        Rows of words, and the line number of each.
    keep
        `(n_words,)` probability that subsampling keeps an occurrence; applied before the windows.
    window
        Maximum distance; the window of each word is drawn from 1 to this.
    """
    is_sampled = rng.random(len(words)) < keep[words]
    words, lines = words[is_sampled], lines[is_sampled]
    reach = rng.integers(1, window + 1, len(words))
    targets, contexts = [], []
    for distance in range(1, min(window, len(words) - 1) + 1):
        before, after = words[:-distance], words[distance:]
        same_line = lines[:-distance] == lines[distance:]
        forwards = same_line & (reach[:-distance] >= distance)
        backwards = same_line & (reach[distance:] >= distance)
        targets += [before[forwards], after[backwards]]
        contexts += [after[forwards], before[backwards]]
    if not targets:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    target, context = np.concatenate(targets), np.concatenate(contexts)
    order = rng.permutation(len(target))
    return target[order], context[order]
