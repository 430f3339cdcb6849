from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedlab.kinds.text.tokenizing import MAX_WORD_LENGTH, BatchTokenizer, TokenizerOptions, tokenize

PLAIN = TokenizerOptions()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cat, the HAT.", ["the", "cat", "the", "hat"]),
        ("don't stop-motion", ["don't", "stop", "motion"]),
        ("naïve Ærøskøbing ŁÓDŹ", ["naïve", "ærøskøbing", "łódź"]),
        ("Привет, МИР", ["привет", "мир"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("e\u0301te\u0301 = \u00e9t\u00e9", ["\u00e9t\u00e9", "\u00e9t\u00e9"]),
        ("snake_case ___ _x_", ["snake_case", "_x_"]),
        ("in 2024 x2 3.14", ["in", "2024", "x2", "3", "14"]),
        ("😀 <b>bold</b> \u202eevil\u202c", ["😀", "b", "bold", "b", "evil"]),
        ("zero\u0000width\u200bspace", ["zero", "width", "space"]),
        ("", []),
    ],
    ids=[
        "english",
        "marks",
        "latin",
        "cyrillic",
        "devanagari",
        "combining",
        "underscores",
        "numbers",
        "bidi",
        "NUL",
        "empty",
    ],
)
def test_words_of_many_scripts(text, words):
    assert tokenize(text, PLAIN) == words


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (TokenizerOptions(lowercase=False), ["The", "cat", "of", "2024", "isn't", "it", "R2D2"]),
        (TokenizerOptions(min_length=3), ["the", "cat", "2024", "isn't", "r2d2"]),
        (TokenizerOptions(keep_digits=False), ["the", "cat", "of", "isn't", "it", "r2d2"]),
        (TokenizerOptions(stop_words="english"), ["cat", "2024", "isn't", "r2d2"]),
        (TokenizerOptions(stop_words="english", lowercase=False), ["cat", "2024", "isn't", "R2D2"]),
    ],
)
def test_each_option(options, words):
    assert tokenize("The cat of 2024 isn't it, R2D2", options) == words


def test_a_word_may_have_two_hundred_characters_and_no_more():
    fits, too_long = "a" * MAX_WORD_LENGTH, "b" * (MAX_WORD_LENGTH + 1)
    assert tokenize(f"x {fits} {too_long} y", PLAIN) == ["x", fits, "y"]
    tokenizer = BatchTokenizer(PLAIN)
    assert tokenizer([f"{too_long} x", too_long]) == [["x"], []]
    assert (tokenizer.n_too_long, tokenizer.n_found) == (2, 3)


OPTIONS = st.builds(
    TokenizerOptions,
    lowercase=st.booleans(),
    min_length=st.integers(1, 3),
    keep_digits=st.booleans(),
    stop_words=st.sampled_from(["none", "english"]),
)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.text(max_size=30) | st.sampled_from(["the", "The", "12", "İ", "ΟΔΟΣ"])), max_size=5), OPTIONS
)
def test_many_at_a_time_give_the_same_as_one_by_one(batches, options):
    tokenizer = BatchTokenizer(options)
    counts: dict[str, int] = {}
    for texts in batches:
        expected = [tokenize(text, options) for text in texts]
        assert tokenizer(texts) == expected
        for word in (word for words in expected for word in words):
            counts[word] = counts.get(word, 0) + 1
    assert tokenizer.counts == counts


@given(st.text())
def test_no_word_holds_what_parts_words_in_the_corpus(text):
    # gensim splits the lines of a corpus file at any white space.
    assert all(word.split() == [word] for word in tokenize(text, PLAIN))
