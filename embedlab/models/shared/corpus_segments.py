"""A corpus file in pieces: gensim tells nothing while it works through a file, so it is given one after another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Segment:
    """Whole lines of a corpus file.

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


def cut(corpus: Path, words_per_segment: int) -> list[Segment]:
    """Cut a corpus (words separated by one space) into segments of at least `words_per_segment` words.

    The last segment takes what is left when that is less than half a segment.
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
    """Write the lines of the segment alone into `target`."""
    with corpus.open("rb") as source, target.open("wb") as sink:
        source.seek(segment.start)
        left = segment.stop - segment.start
        while left:
            block = source.read(min(left, 1 << 20))
            sink.write(block)
            left -= len(block)


def draw_lines(corpus: Path, n_lines: int, rng: np.random.Generator) -> list[list[str]]:
    """Draw `n_lines` lines: random bytes are sought and the line after each is read; may hold a line twice."""
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
