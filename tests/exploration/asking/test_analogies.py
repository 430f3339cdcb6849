import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.exploration.asking.analogies import Expression, analogy, parse_expression, resolve_expression


@pytest.fixture
def royals() -> Embedding:
    """A parallelogram: man to woman is as king to queen."""
    vectors = np.array([[1, 0, 1], [-1, 0, 1], [1, 3, 1], [-1, 3, 1], [0, -2, 1], [0, 0, -1]], np.float32)
    return Embedding(vectors, ["man", "woman", "king", "queen", "child", "stone"])


@pytest.mark.parametrize(
    ("text", "positive", "negative"),
    [
        ("king", ("king",), ()),
        ("king - man + woman", ("king", "woman"), ("man",)),
        pytest.param("  king -  man\t+\nwoman ", ("king", "woman"), ("man",), id="spaces"),
        ("- man + woman", ("woman",), ("man",)),
        ("-man + woman", ("woman",), ("man",)),
        ("+ king", ("king",), ()),
        pytest.param("king \u2212 man", ("king",), ("man",), id="minus-sign"),
        ("new york - new-york + c++", ("new york", "c++"), ("new-york",)),
        ('"Romeo + Juliet" - comedy', ("Romeo + Juliet",), ("comedy",)),
        ('king - "-"', ("king",), ("-",)),
        ('"Great Performances" Cats (1998) + x', ('"Great Performances" Cats (1998)', "x"), ()),
        ("king + king", ("king", "king"), ()),
    ],
)
def test_grammar(text: str, positive: tuple[str, ...], negative: tuple[str, ...]):
    assert parse_expression(text) == Expression(positive, negative)


def test_the_longest_name_wins():
    names = {"a", "b", "c", "a + b", "-a", "b - c", "- c"}
    known = names.__contains__
    assert parse_expression("a + b - c", known) == Expression(("a + b",), ("c",))
    assert parse_expression("x + b - c", known) == Expression(("x", "b - c"))
    assert parse_expression('"a" + b', known) == Expression(("a", "b"))
    assert parse_expression("-a + b", known) == Expression(("-a", "b"))
    assert parse_expression("-b + a", known) == Expression(("a",), ("b",))
    assert parse_expression("- c", known) == Expression(("- c",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        pytest.param("  \n", "empty", id="blank"),
        ("+", "only operators"),
        ("- + -", "only operators"),
        ("king +", "ends with an operator"),
        ("king + - man", "follow each other"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, message: str):
    with pytest.raises(InputError, match=message):
        parse_expression(text)


def test_the_length_is_bounded():
    with pytest.raises(TooLargeError, match="characters"):
        parse_expression("x" * 2001)
    with pytest.raises(TooLargeError, match="terms"):
        parse_expression(" + ".join(["x"] * 51))


def test_the_fourth_corner_of_a_parallelogram(royals: Embedding):
    assert analogy(royals, "king - man + woman", 1)[0].key == "queen"
    assert analogy(royals, "queen - woman + man", 1)[0].key == "king"


def test_the_words_of_the_expression_are_no_answer(royals: Embedding):
    assert {answer.key for answer in analogy(royals, "king - man + woman")} == {"queen", "child", "stone"}


@pytest.mark.parametrize("text", ["a1 - a2 + a3", "- a5", "a1 + a2 + a2", "a9 - a8 - a7 + a6 + a6"])
def test_equal_to_gensims_most_similar(text: str):
    vectors = np.random.default_rng(2).normal(size=(200, 10)).astype(np.float32)
    embedding = Embedding(vectors, [f"a{row}" for row in range(200)])
    parsed = parse_expression(text)
    theirs = embedding.keyed_vectors.most_similar(list(parsed.positive), list(parsed.negative), topn=20)
    ours = analogy(embedding, text, 20)
    assert [answer.key for answer in ours] == [key for key, _ in theirs]
    np.testing.assert_allclose([answer.score for answer in ours], [score for _, score in theirs], atol=1e-6)


def test_terms_may_be_labels():
    vectors = np.array([[1, 0], [0, 1], [1, 1]], np.float32)
    films = Embedding(vectors, ["1", "2", "3"], ["Romeo + Juliet", "Alien - Director's Cut", "Both"])
    assert resolve_expression(films, "Romeo + Juliet + Alien - Director's Cut") == Expression(("1", "2"))
    assert analogy(films, "Romeo + Juliet + 2")[0].label == "Both"


def test_an_unknown_term_offers_spellings(royals: Embedding):
    with pytest.raises(NotFoundError, match="Closest spellings: king") as caught:
        analogy(royals, "kng - man")
    assert caught.value.received == "kng"


@pytest.mark.parametrize("text", ["king - king", "king + man - man - king"])
def test_terms_that_cancel_out_are_refused(royals: Embedding, text: str):
    with pytest.raises(InputError, match="cancel out"):
        analogy(royals, text)


def test_a_zero_vector_answers_zero_and_not_nan():
    embedding = Embedding(np.array([[0, 0], [1, 0]], np.float32), ["zero", "one"])
    assert analogy(embedding, "zero")[0].score == 0
