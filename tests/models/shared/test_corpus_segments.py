from __future__ import annotations

import numpy as np
import pytest

from embedlab.models.shared.corpus_segments import copy_segment, cut, draw_lines


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("".join(f"é{line} b c\n" for line in range(101)), encoding="utf-8")
    return path


def test_segments_cover_every_line_once(corpus, tmp_path):
    segments = cut(corpus, 30)
    parts = []
    for segment in segments:
        copy_segment(corpus, segment, tmp_path / "part.txt")
        parts.append((tmp_path / "part.txt").read_bytes())
        assert len(parts[-1].split()) == segment.n_words
    assert b"".join(parts) == corpus.read_bytes()
    # 101 lines of three words: ten segments of ten lines, the last line too short for its own.
    assert [segment.n_words for segment in segments] == [30] * 9 + [33]


def test_a_small_corpus_is_one_segment(corpus):
    (segment,) = cut(corpus, 10_000)
    assert (segment.start, segment.stop, segment.n_words) == (0, corpus.stat().st_size, 303)


def test_an_empty_corpus_has_no_segments(tmp_path):
    (tmp_path / "corpus.txt").write_text("")
    assert cut(tmp_path / "corpus.txt", 10) == []


def test_drawn_lines_are_whole_lines(corpus):
    lines = draw_lines(corpus, 2000, np.random.default_rng(0))
    known = {tuple(line.split()) for line in corpus.read_text(encoding="utf-8").splitlines()}
    assert set(map(tuple, lines)) == known
