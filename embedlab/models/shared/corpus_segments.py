"""A corpus file in segments: gensim reports no progress within a file, so it trains on one segment at a time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Segment:
    """Consecutive lines of a corpus file.

    Parameters
    ----------
    start, stop
        First byte, and the byte after the last.
    n_words
        Words in these lines.
    """

    start: int
    stop: int
    n_words: int

    @property
    def n_units(self) -> int:
        """Number of words, which a training counts."""
        return self.n_words


def cut(corpus: Path, words_per_segment: int) -> list[Segment]:
    """Split a corpus (words separated by one space) into segments of at least `words_per_segment` words.

    A remainder of less than half a segment is added to the last segment.
    """
    segments: list[Segment] = []
    start = position = n_words = 0
    with corpus.open("rb") as stream:
        for line in stream:
            position += len(line)
            n_words += len(line.split())
            if n_words >= words_per_segment:
                segments.append(Segment(start, position, n_words))
                start, n_words = position, 0
    if segments and n_words < words_per_segment / 2:
        last = segments.pop()
        start, n_words = last.start, last.n_words + n_words
    if n_words:
        segments.append(Segment(start, position, n_words))
    return segments


def copy_segment(corpus: Path, segment: Segment, target: Path) -> None:
    """Write the lines of the segment to `target`."""
    with corpus.open("rb") as source, target.open("wb") as sink:
        source.seek(segment.start)
        n_remaining = segment.stop - segment.start
        while n_remaining:
            block = source.read(min(n_remaining, 1 << 20))
            sink.write(block)
            n_remaining -= len(block)


def draw_lines(corpus: Path, n_lines: int, rng: np.random.Generator) -> list[list[str]]:
    """Draw `n_lines` lines, each the line after a random byte; a line may be drawn twice."""
    lines = []
    with corpus.open("rb") as stream:
        for position in np.sort(rng.integers(0, corpus.stat().st_size, n_lines)):
            stream.seek(int(position))
            stream.readline()
            line = stream.readline()
            if not line:
                stream.seek(0)
                line = stream.readline()
            lines.append(line.decode("utf-8", errors="surrogatepass").split())
    return lines
