from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedlab.kinds.text.tokens.tokenizing import MAX_WORD_LENGTH, BatchTokenizer, TokenizerOptions, tokenize

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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I'm sure they\u2019ll say we'd've won", ["i'm", "sure", "they'll", "say", "we'd've", "won"]),
        ("can\u2019t CAN'T can't", ["can't"] * 3),
        ("it's the dog's", ["it's", "the", "dog", "s"]),
        ("o'clock y'all ma'am", ["o'clock", "y'all", "ma'am"]),
        ("'don't' she said", ["don't", "she", "said"]),
        ("l'homme qu'il", ["l", "homme", "qu", "il"]),
        ("\u043f'\u044f\u0442\u044c", ["\u043f'\u044f\u0442\u044c"]),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 x\u200c",
            ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "x"],
        ),
        ("\u0d28\u0d4d\u200d", ["\u0d28\u0d4d\u200d"]),
        ("co\u00adoperate", ["cooperate"]),
        ("ok\U0001f602\U0001f602", ["ok", "\U0001f602", "\U0001f602"]),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467!", ["\U0001f468\u200d\U0001f469\u200d\U0001f467"]),
        ("\U0001f44d\U0001f3fd \u2764\ufe0f", ["\U0001f44d\U0001f3fd", "\u2764\ufe0f"]),
        (
            "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7 1\ufe0f\u20e3",
            ["\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1f7", "1\ufe0f\u20e3"],
        ),
        ("\u2713 done \u2192 next", ["done", "next"]),
    ],
    ids=[
        "contractions",
        "apostrophes",
        "possessive",
        "fixed",
        "quotes",
        "french",
        "ukrainian",
        "zwnj",
        "zwj",
        "soft-hyphen",
        "emoji",
        "family",
        "skin-tone",
        "flags",
        "bullets",
    ],
)
def test_contractions_joiners_and_emoji_stay_whole(text, words):
    assert tokenize(text, PLAIN) == words


def test_split_at_spaces_only_keeps_everything_else():
    options = TokenizerOptions(segmentation="whitespace", lowercase=False)
    assert tokenize("SKU-101 #Sea\t@Ann don't a.b/c", options) == ["SKU-101", "#Sea", "@Ann", "don't", "a.b/c"]


def test_earlier_versions_split_contractions_and_left_emoji_out():
    earlier = TokenizerOptions(**TokenizerOptions.stored({}))
    assert tokenize("don't \U0001f602", earlier) == ["don", "t"]


def test_contractions_of_stop_words_are_stop_words():
    assert tokenize("it's can't we'll sea", TokenizerOptions(stop_words="english")) == ["sea"]
