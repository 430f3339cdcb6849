"""Axis expressions: the grammar, and the weights and directions they define."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.projections.axis_expressions import difference, parse_axis, quoted


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        pytest.param("she - he", {"she": 1, "he": -1}, id="difference"),
        pytest.param("-he + she", {"he": -1, "she": 1}, id="leading-minus"),
        pytest.param("mean(france, spain) - mean(paris, madrid)",
                     {"france": 0.5, "spain": 0.5, "paris": -0.5, "madrid": -0.5}, id="means"),
        pytest.param("king - (man - woman)", {"king": 1, "man": -1, "woman": 1}, id="parentheses"),
        pytest.param("2 * a - 0.5*b", {"a": 2, "b": -0.5}, id="factors"),
        pytest.param('"Toy Story (1995)" - "Alien"', {"Toy Story (1995)": 1, "Alien": -1}, id="quoted"),
        pytest.param("a - a", {"a": 0}, id="cancelled"),
        pytest.param("mean", {"mean": 1}, id="a-key-called-mean"),
        pytest.param("3", {"3": 1}, id="a-number-is-a-key"),
        pytest.param("a.b_c:d", {"a.b_c:d": 1}, id="signs-in-keys"),
        pytest.param("mean(a + b, c)", {"a": 0.5, "b": 0.5, "c": 0.5}, id="mean-of-sums"),
    ],
)  # fmt: skip
def test_an_expression_is_a_weighted_sum_of_keys(text, weights):
    assert parse_axis(text).weights == pytest.approx(weights)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("a -", id="no-right-side"),
        pytest.param("a b", id="no-sign"),
        pytest.param("mean(a, b", id="open-parenthesis"),
        pytest.param("a)", id="closed-too-often"),
        pytest.param('"a', id="open-quote"),
        pytest.param('""', id="empty-key"),
        pytest.param("a * b", id="a-product-of-keys"),
        pytest.param("a ** 2", id="a-power"),
        pytest.param("mean()", id="mean-of-nothing"),
        pytest.param("(" * 200 + "a" + ")" * 200, id="deep"),
        pytest.param("a+" * 5000 + "a", id="long"),
        pytest.param("9" * 400 + "*a - b", id="an-infinite-number"),
    ],
)
def test_what_does_not_follow_the_grammar_is_refused(text):
    with pytest.raises(InputError):
        parse_axis(text)


@pytest.mark.parametrize("text", ["__import__('os')", "open(x)", "a.__class__", "lambda: 0"], ids=range(4))
def test_code_is_only_names_of_keys_or_refused(text):
    try:
        weights = parse_axis(text).weights
    except InputError:
        return
    assert set(weights) == {text}


def test_a_direction_is_the_unit_sum_of_unit_vectors():
    vectors = {"a": np.array([3.0, 0.0]), "b": np.array([0.0, 0.5])}
    np.testing.assert_allclose(parse_axis("a - b").direction(vectors.__getitem__), [np.sqrt(0.5), -np.sqrt(0.5)])


def test_nested_numbers_have_a_finite_direction():
    axis = parse_axis("1000000*(" * 20 + "1000000*a" + ")" * 20)
    assert axis.direction(lambda key: [3.0, 4.0]).tolist() == pytest.approx([0.6, 0.8])


def test_vectors_that_cancel_have_no_direction():
    with pytest.raises(InputError, match="cancel"):
        parse_axis("a - b").direction({"a": np.ones(3), "b": 2 * np.ones(3)}.__getitem__)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        pytest.param("she - he", ("he", "she"), id="two"),
        pytest.param("mean(france, spain) - mean(paris, madrid)", ("paris, madrid", "france, spain"), id="groups"),
        pytest.param("she", ("", "she"), id="one"),
        pytest.param("-2 * she", ("she", ""), id="negative"),
        pytest.param("a + b + c + d + e - f", ("f", "a, b, c and 2 more"), id="many"),
    ],
)
def test_the_ends_of_an_axis_have_the_names_of_their_keys(text, ends):
    assert parse_axis(text).ends == ends


@pytest.mark.parametrize(
    "name",
    [
        "queen",
        "New York",
        "a - b",
        'the "best"',
        '"',
        "mean",
        "2",
        "(x)",
        "x,y",
        pytest.param("\u2212", id="minus sign"),
    ],
)
def test_a_quoted_name_is_read_as_that_name(name):
    assert parse_axis(quoted(name)).weights == {name: 1.0}


def test_the_minus_sign_of_typography_subtracts():
    assert parse_axis("she \u2212 he").weights == {"she": 1.0, "he": -1.0}


def test_groups_become_a_difference_of_means():
    assert parse_axis(difference(["New York", "b"], ["c"])).weights == {"c": 1.0, "New York": -0.5, "b": -0.5}
    assert difference([], ["a", "b"]) == "mean(a, b)"
