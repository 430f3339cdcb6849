import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError
from embedlab.exploration.asking.spelling import closest_names, closest_spellings, find_key

WORDS = ["the", "king", "kings", "queen", "computer", "commuter", "Zürich"]


@pytest.fixture
def films() -> Embedding:
    titles = ["Toy Story (1995)", "Heat (1995)", "Heat (1995)"]
    return Embedding(np.ones((3, 2), np.float32), ["1", "6", "7"], titles)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kign", "king"),
        ("KING", "king"),
        ("quen", "queen"),
        ("comptuer", "computer"),
        pytest.param("zurich", "Zürich", id="umlaut"),
    ],
)
def test_the_closest_spelling_comes_first(typed: str, meant: str):
    assert closest_names(typed, WORDS)[0] == meant


def test_what_is_like_nothing_has_no_spelling():
    assert closest_names("xxxxxxxxxx", WORDS) == closest_names("", WORDS) == closest_names("king", WORDS, 0) == []


def test_at_most_n_and_each_name_once(films: Embedding):
    assert closest_spellings(films, "heat (1996)", 5) == ["Heat (1995)"]
    assert len(closest_names("kin", ["king", "kind", "kiln", "pin"], 2)) == 2


def test_a_title_is_found_without_its_year(films: Embedding):
    assert closest_spellings(films, "toy storey")[0] == "Toy Story (1995)"


def test_a_very_long_text_is_answered(films: Embedding):
    assert closest_spellings(films, "x" * 1_000_000) == []


def test_keys_before_labels_and_the_first_of_equal_labels(films: Embedding):
    assert find_key(films, "7") == "7"
    assert find_key(films, "Heat (1995)") == "6"


def test_the_remedy_offers_the_closest_spellings():
    embedding = Embedding(np.ones((len(WORDS), 2), np.float32), WORDS)
    with pytest.raises(NotFoundError) as caught:
        find_key(embedding, "King")
    assert caught.value.received == "King"
    assert caught.value.remedy == "Closest spellings: king, kings."
    with pytest.raises(NotFoundError, match="search for a part"):
        find_key(embedding, "xxxxxxxxxx")
