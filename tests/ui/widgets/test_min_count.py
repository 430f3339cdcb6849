import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.similarity import Answer
from embedlab.ui.widgets.min_count import Rarity, counts_text, parse_min_count

ITEMS = Embedding(np.eye(3, dtype=np.float32), ["a", "b", "c"], metadata=pd.DataFrame({"count": [1, 30, np.nan]}))
ANSWERS = [Answer(key, key, 0.5) for key in "abc"]


def test_rare_answers_are_muted_and_the_page_says_so():
    rarity = Rarity(20, what="ratings")
    assert rarity.min_count == 0
    assert rarity.muted(ITEMS, ANSWERS) == [True, False, True]
    assert rarity.sentence(2).startswith("Muted: 2 with fewer than 20 ratings.")
    assert rarity.sentence(0) == ""


def test_rare_answers_can_be_left_out():
    rarity = Rarity(20, is_left_out=True, what="ratings")
    assert rarity.min_count == 20
    assert rarity.sentence(0) == "Left out: those with fewer than 20 ratings."


def test_without_a_threshold_nothing_is_rare():
    assert Rarity().muted(ITEMS, ANSWERS) == [False, False, False]
    assert Rarity().sentence(0) == ""


def test_counts_are_words():
    assert counts_text(ITEMS, ANSWERS, "ratings") == ["1 rating", "30 ratings", ""]


@pytest.mark.parametrize(
    ("text", "least"),
    [(None, 20), ("5", 5), ("0", 0), ("-5", 20), ("many", 20), ("9" * 30, 20), ("٣", 20), ("1.5", 20)],
    ids=["none", "five", "zero", "negative", "word", "huge", "digit", "fraction"],
)
def test_minimum_in_the_address(text, least):
    assert parse_min_count(text, 20) == least
