"""A corpus file as word indices: what compiled loops read instead of text."""

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
        `(n_tokens,)` int32 rows of the vocabulary, mapped from disk.
    line_starts
        `(n_lines + 1,)` int64: where each line begins in `indices`, and their number at the end.
    """

    indices: npt.NDArray[np.int32]
    line_starts: npt.NDArray[np.int64]

    @property
    def n_tokens(self) -> int:
        """Known words in all lines."""
        return len(self.indices)

    @property
    def longest_line(self) -> int:
        """Known words in the longest line."""
        return int(np.diff(self.line_starts).max(initial=0))


def encode_corpus(corpus: Path, words: Sequence[str], target: Path) -> EncodedCorpus:
    """Write the indices of a corpus's words into `target` and map them; words that are not known are left out.

    Parameters
    ----------
    corpus
        UTF-8, words separated by one space.
    words
        The vocabulary; a word's place is its index.
    target
        A file for the indices; memory does not grow with the corpus except by 8 bytes a line.
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
            # Where each line ends among the words that are left.
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
