from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.key_search import find, find_among, respelled, understand


def of(*keys: str, labels: tuple[str, ...] = ()) -> Embedding:
    return Embedding(np.eye(len(keys), 3, dtype=np.float32), list(keys), list(labels))


def test_the_exact_name_comes_before_another_case() -> None:
    words = of("Paris", "paris")
    assert find(words, "paris").key == "paris"
    assert find(words, "PARIS").key is None
    assert find(words, "PARIS").is_ambiguous
    assert find(of("Paris"), " pàris ").key == "Paris"


def test_a_chosen_key_is_kept_among_those_of_the_same_title() -> None:
    films = of("1", "2", "3", labels=("Emma", "Emma", "Heat"))
    assert find(films, "Emma").key is None
    assert [offer.key for offer in find(films, "Emma").offers] == ["1", "2"]
    assert find(films, "Emma", chosen="2").key == "2"
    assert find(films, "Heat", chosen="2").key == "3"


def test_a_title_and_an_id_that_read_alike_are_both_offered() -> None:
    films = of("300", "7", labels=("Heat", "300"))
    assert {offer.key for offer in find(films, "300").offers} == {"300", "7"}


def test_only_what_goes_on_so_is_offered_beside_a_find() -> None:
    assert [offer.key for offer in find(of("king", "kingdom", "making"), "king").offers] == ["kingdom"]


def test_misspelled_offers_are_marked_as_such() -> None:
    finding = find(of("queen", "bread"), "quene")
    assert not finding.is_known
    assert finding.offers[0].key == "queen"
    assert find(of("queen"), "").offers == ()


def test_users_are_found_by_beginning_part_or_spelling() -> None:
    names = ["anna", "ann", "joanna", "bob"]
    assert find_among(names, "ann") == ("ann", ["anna", "joanna"])
    assert find_among(names, "bobb")[1] == ["bob"]
    assert find_among(names, " ") == (None, [])


def test_only_whole_terms_are_replaced() -> None:
    assert respelled("woman - man + man", "man", "boy") == "woman - boy + boy"
    assert respelled('"a.c" + abc', "a.c", r"\1") == r"\1 + abc"


def test_terms_in_another_case_are_put_right_and_unknown_ones_told() -> None:
    words = of("king", "man", "woman")
    understood = understand(words, "King - MAN + womann")
    assert understood.text == "king - man + womann"
    ((term, offers),) = understood.unknown
    assert term == "womann"
    assert offers[0].key == "woman"
    with pytest.raises(InputError):
        understand(words, "king -")


def test_an_expression_in_words_escapes_names() -> None:
    words = of("![](http://e.com)", "man")
    sentence = wording.in_words(words, understand(words, "![](http://e.com) - man").expression)
    assert "![" not in sentence
    assert sentence.endswith("take away **man**: what is near there?")


@pytest.mark.parametrize(("rank", "said"), [(1, "the nearest"), (2, "the 2nd nearest"), (11, "the 11th nearest")])
def test_places(rank: int, said: str) -> None:
    assert wording.place(rank) == said
