from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.keys.key_search import find, find_among, parse_query, replace_term


def of(*keys: str, labels: tuple[str, ...] = ()) -> Embedding:
    return Embedding(np.eye(len(keys), 3, dtype=np.float32), list(keys), list(labels))


def test_exact_name_takes_precedence_over_another_case() -> None:
    words = of("Paris", "paris")
    assert find(words, "paris").key == "paris"
    assert find(words, "PARIS").key is None
    assert find(words, "PARIS").is_ambiguous
    assert find(of("Paris"), " pàris ").key == "Paris"


def test_selected_key_decides_among_equal_titles() -> None:
    films = of("1", "2", "3", labels=("Emma", "Emma", "Heat"))
    assert find(films, "Emma").key is None
    assert [offer.key for offer in find(films, "Emma").offers] == ["1", "2"]
    assert find(films, "Emma", chosen="2").key == "2"
    assert find(films, "Heat", chosen="2").key == "3"


def test_equal_title_and_id_are_both_offered() -> None:
    films = of("300", "7", labels=("Heat", "300"))
    assert {offer.key for offer in find(films, "300").offers} == {"300", "7"}


def test_only_completions_are_offered_next_to_a_match() -> None:
    assert [offer.key for offer in find(of("king", "kingdom", "making"), "king").offers] == ["kingdom"]


def test_similar_spellings_are_marked() -> None:
    finding = find(of("queen", "bread"), "quene")
    assert not finding.is_known
    assert finding.offers[0].key == "queen"
    assert find(of("queen"), "").offers == ()


def test_users_are_found_by_prefix_substring_or_spelling() -> None:
    names = ["anna", "ann", "joanna", "bob"]
    assert find_among(names, "ann") == ("ann", ["anna", "joanna"])
    assert find_among(names, "bobb")[1] == ["bob"]
    assert find_among(names, " ") == (None, [])


def test_only_whole_terms_are_replaced() -> None:
    assert replace_term("woman - man + man", "man", "boy") == "woman - boy + boy"
    assert replace_term('"a.c" + abc', "a.c", r"\1") == r"\1 + abc"


def test_case_is_corrected_and_unknown_terms_are_returned() -> None:
    words = of("king", "man", "woman")
    query = parse_query(words, "King - MAN + womann")
    assert query.text == "king - man + womann"
    ((term, offers),) = query.unknown
    assert term == "womann"
    assert offers[0].key == "woman"
    with pytest.raises(InputError):
        parse_query(words, "king -")


def test_an_expression_in_words_escapes_names() -> None:
    words = of("![](http://e.com)", "man")
    sentence = wording.in_words(words, parse_query(words, "![](http://e.com) - man").expression)
    assert "![" not in sentence
    assert sentence.endswith("subtract **man**. What is nearby?")


@pytest.mark.parametrize(("rank", "said"), [(1, "the nearest"), (2, "the 2nd nearest"), (11, "the 11th nearest")])
def test_rank_text(rank: int, said: str) -> None:
    assert wording.rank_text(rank) == said
