from __future__ import annotations

import numpy as np

from embedlab.models.shared import encoded_corpus
from embedlab.models.shared.encoded_corpus import encode_corpus


def test_known_words_are_kept_in_their_lines(tmp_path):
    (tmp_path / "corpus.txt").write_text("a b x\nx\n\nb a é\n", encoding="utf-8")
    corpus = encode_corpus(tmp_path / "corpus.txt", ["a", "b", "é"], tmp_path / "indices")
    assert corpus.indices.tolist() == [0, 1, 1, 0, 2]
    assert corpus.line_starts.tolist() == [0, 2, 2, 2, 5]
    assert (corpus.n_tokens, corpus.longest_line) == (5, 3)


def test_blocks_do_not_show(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    lines = [[f"w{word}" for word in rng.integers(0, 30, length)] for length in rng.integers(0, 20, 500)]
    (tmp_path / "corpus.txt").write_text("".join(" ".join(line) + "\n" for line in lines), encoding="utf-8")
    words = [f"w{word}" for word in range(20)]
    whole = encode_corpus(tmp_path / "corpus.txt", words, tmp_path / "whole")
    monkeypatch.setattr(encoded_corpus, "_BLOCK_BYTES", 100)
    pieces = encode_corpus(tmp_path / "corpus.txt", words, tmp_path / "pieces")
    assert np.array_equal(whole.indices, pieces.indices)
    assert np.array_equal(whole.line_starts, pieces.line_starts)
    expected = [words.index(word) for line in lines for word in line if word in words]
    assert whole.indices.tolist() == expected


def test_a_corpus_without_known_words_is_empty(tmp_path):
    (tmp_path / "corpus.txt").write_text("x y\n", encoding="utf-8")
    corpus = encode_corpus(tmp_path / "corpus.txt", ["a"], tmp_path / "indices")
    assert (corpus.n_tokens, corpus.longest_line, corpus.line_starts.tolist()) == (0, 0, [0, 0])
