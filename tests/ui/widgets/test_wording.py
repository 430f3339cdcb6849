from __future__ import annotations

import time

import pytest

from embedlab.ui.widgets.wording import (
    ago,
    counted,
    counts,
    duration,
    heading_px,
    main_score,
    number,
    rough_duration,
    size,
)


@pytest.mark.parametrize(("value", "text"), [(1234567, "1,234,567"), (0.01699, "0.017"), (3.0, "3"), (1234.5, "1,234")])
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [(999, "999 bytes"), (1500, "1.5 kB"), (477_907, "478 kB"), (2.5e9, "2.5 GB"), (5e12, "5000 GB")],
)
def test_sizes(n_bytes: float, text: str) -> None:
    assert size(n_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "under 1 s"),
        (8.4, "8 s"),
        (59.7, "1 min 00 s"),
        (125, "2 min 05 s"),
        (4800, "1 h 20 min"),
        pytest.param(None, "\u2013", id="unknown"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "under 1 s"), (8.4, "8 s"), (59.7, "59 s"), (115, "2 min"), (3700, "62 min"), (5400, "1.5 h")],
)
def test_an_estimated_duration_has_one_unit(seconds: float, text: str) -> None:
    assert rough_duration(seconds) == text


def test_one_is_singular() -> None:
    assert counted(1, "documents") == "1 document"
    assert counted(2, "documents") == "2 documents"


def test_counts_use_the_noun_words() -> None:
    assert (
        counts({"documents": 1, "tokens": 59890, "vocabulary": 6981})
        == "1 document · 59,890 words · 6,981 different words"
    )


def test_ago() -> None:
    now = time.time()
    assert [ago(now), ago(now - 600), ago(now - 7200), ago(now - 3 * 86400)] == [
        "just now",
        "10 min ago",
        "2 h ago",
        "3 days ago",
    ]


def test_a_column_is_as_wide_as_its_heading() -> None:
    assert heading_px("AUC", 88) == 88
    assert heading_px("Explained variance (held out)", 88) == 248


def test_main_score_ignores_meaningless_scores() -> None:
    pairs = {"wordsim353": {"spearman": 0.9, "meaningful": False}, "simlex999": {"spearman": 0.31, "meaningful": True}}
    assert main_score("unknown", {"word_pairs": pairs}) == "SimLex-999 0.31"
    scores = {"wordsim353": {"score": 0.61, "covered": 300, "of": 353, "meaningful": True}}
    assert main_score("unknown", scores) == "WordSim-353 0.61"
    assert main_score("unknown", {"word_pairs": {}}) == ""
    assert main_score("unknown", {"test_rmse": 0.87123}) == "test RMSE 0.871"
    assert main_score("markov", {"recall@5": 0.87123, "n_test": 500}) == "Recall@5 0.871"
