"""A corpus file as word indices, for compiled loops."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import numpy as np
import numpy.typing as npt

_BLOCK_BYTES = 1 << 22
_UNKNOWN = -1


@dataclass(frozen=True)
class EncodedCorpus:
    """The known words of a corpus, line by line.

    Parameters
    ----------
    indices
        `(n_tokens,)` int32 rows of the vocabulary, memory-mapped.
    line_starts
        `(n_lines + 1,)` int64: the start of each line in `indices`, and `n_tokens` at the end.
    """

    indices: npt.NDArray[np.int32]
    line_starts: npt.NDArray[np.int64]

    @property
    def n_tokens(self) -> int:
        """Number of known words in all lines."""
        return len(self.indices)

    @property
    def longest_line(self) -> int:
        """Number of known words in the longest line."""
        return int(np.diff(self.line_starts).max(initial=0))


def encode_corpus(corpus: Path, words: Sequence[str], target: Path) -> EncodedCorpus:
    """Write the word indices of a corpus to `target` and memory-map them; out-of-vocabulary words are skipped.

    Parameters
    ----------
    corpus
        UTF-8, words separated by one space.
    words
        The vocabulary; the position of a word is its index.
    target
        A file for the indices; memory grows only by 8 bytes per line of the corpus.
    """
    index_of = {word.encode("utf-8", errors="surrogatepass"): index for index, word in enumerate(words)}
    starts = array("q", [0])
    n_tokens = 0
    with target.open("wb") as sink:
        for lines in _blocks(corpus):
            encoded = array("i")
            for line in lines:
                encoded.extend(map(index_of.get, line.split(), repeat(_UNKNOWN)))
                starts.append(len(encoded))
            block = np.frombuffer(encoded, np.int32)
            known = block != _UNKNOWN
            # The end of each line, counted in known words.
            n_known = np.concatenate([[0], np.cumsum(known)])
            first = len(starts) - len(lines)
            ends = n_tokens + n_known[np.frombuffer(starts, np.int64)[first:]]
            starts[first:] = array("q", ends.tolist())
            sink.write(block[known].tobytes())
            n_tokens = int(ends[-1])
    indices = np.memmap(target, np.int32, mode="r") if n_tokens else np.empty(0, np.int32)
    return EncodedCorpus(indices, np.array(starts, np.int64))


def _blocks(corpus: Path) -> Iterator[list[bytes]]:
    with corpus.open("rb") as stream:
        while lines := stream.readlines(_BLOCK_BYTES):
            yield lines
