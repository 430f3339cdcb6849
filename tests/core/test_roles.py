from __future__ import annotations

import pytest

from embedlab.core.roles import (
    ROLES,
    default_embedding,
    display_order,
    evaluated_embedding,
    heading,
    live_embedding,
    noun,
    role,
    text_start_roles,
)


def test_a_heading_has_words_and_no_underscores():
    assert [heading(name) for name in ("users", "item_inputs")] == ["Users", "Item inputs"]


@pytest.mark.parametrize(
    ("names", "first"),
    [
        pytest.param(["words", "documents"], "documents", id="text"),
        pytest.param(["users", "items"], "items", id="ratings"),
        pytest.param(["item_inputs", "users", "items"], "items", id="two-of-items"),
        pytest.param(["classes", "words"], "words", id="classifier"),
        pytest.param(["colors", "words"], "words", id="unknown-last"),
        pytest.param(["colors", "zipcode", "month"], "zipcode", id="unknown-most-keys"),
        pytest.param(["advert_words", "month"], "month", id="words-of-a-column-last"),
        pytest.param([], None, id="none"),
    ],
)
def test_the_embedding_shown_first(names, first):
    sizes = {"zipcode": 70, "advert_words": 900}
    assert default_embedding({name: sizes.get(name, 12) for name in names}) == first
    assert default_embedding({name: sizes.get(name, 12) for name in reversed(names)}) == first


@pytest.mark.parametrize(
    ("names", "one"),
    [
        pytest.param(["documents", "words"], "words", id="words"),
        pytest.param(["users", "items"], "items", id="items"),
        pytest.param(["vectors"], "vectors", id="imported"),
        pytest.param(["documents", "users"], None, id="none"),
        pytest.param(["documents", "users", "colors"], "colors", id="unknown"),
        pytest.param(["colors", "words"], "words", id="known-before-unknown"),
    ],
)
def test_the_embedding_that_is_judged(names, one):
    assert evaluated_embedding(names) == one


def test_words_are_watched_while_documents_are_shown_first():
    assert live_embedding({"documents": 9, "words": 5}) == "words"
    assert live_embedding({"colors": 1}) == "colors"
    assert live_embedding({}) is None


def test_of_the_columns_of_a_table_the_one_shown_first_is_watched():
    n_keys = {"weekday": 7, "advert_words": 900, "zipcode": 70}
    assert live_embedding(n_keys) == default_embedding(n_keys) == "zipcode"


def test_an_unknown_role_has_sensible_values():
    unknown = role("colors")
    assert (unknown.singular, unknown.plural, unknown.starts_text, unknown.english) == ("key", "keys", False, False)
    assert noun("colors", 2) == "keys"
    assert display_order(dict.fromkeys(["colors", *ROLES], 1))[-1] == "colors"


@pytest.mark.parametrize(
    ("name", "one", "several"),
    [
        pytest.param("zipcode", "zipcode", "values of zipcode", id="column"),
        pytest.param("room_type", "room type", "values of room type", id="two-words"),
        pytest.param("description_words", "word", "words", id="words-of-a-column"),
        pytest.param("genres", "key", "keys", id="plural"),
        pytest.param("a" * 41, "key", "keys", id="too-long"),
        pytest.param("_", "key", "keys", id="nothing"),
    ],
)
def test_keys_of_a_column_have_its_name(name, one, several):
    assert (noun(name), noun(name, 2)) == (one, several)


def test_only_words_and_imported_vectors_start_a_text_model():
    assert text_start_roles() == ("words", "vectors")
