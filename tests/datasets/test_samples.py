"""Every sample can be written off-line and says how it is trained."""

from __future__ import annotations

import pytest

from embedlab.datasets.base import Kind
from embedlab.datasets.samples import MADE_CORPUS, MADE_RATINGS, NEWS, SAMPLES, sample, write_sample
from embedlab.errors import NotFoundError


def test_names_are_those_in_the_contract():
    assert [one.name for one in SAMPLES] == [NEWS, MADE_CORPUS, MADE_RATINGS]
    assert {one.model for one in SAMPLES} == {"word2vec", "matrix-factorization"}


def test_news_is_the_real_text(tmp_path):
    text = write_sample(NEWS, tmp_path).path.read_text(encoding="utf-8")
    assert (len(text.splitlines()), len(text.split())) == (300, 59_890)


def test_made_corpus_has_a_sentence_a_line(tmp_path):
    files = write_sample(MADE_CORPUS, tmp_path)
    assert (len(files.path.read_text(encoding="utf-8").splitlines()), files.items_path) == (24_000, None)


def test_made_ratings_come_with_their_films(tmp_path):
    files = write_sample(MADE_RATINGS, tmp_path)
    assert sample(MADE_RATINGS).kind is Kind.RATINGS
    assert files.path.exists()
    assert files.items_path is not None
    assert files.items_path.exists()


def test_an_unknown_sample_is_refused(tmp_path):
    with pytest.raises(NotFoundError):
        write_sample("../secret", tmp_path)
