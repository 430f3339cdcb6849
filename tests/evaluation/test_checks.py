from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.evaluation.checks import Check, examples, parse_check, run_check, score_checks


@pytest.fixture
def circle():
    """Thirty-one words on a half circle, six degrees apart: w1 is nearest to w0, w30 lies opposite."""
    angles = np.radians(np.arange(31) * 6)
    keys = [f"w{number}" for number in range(31)]
    return Embedding(np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32), keys)


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("hotel near resort", Check("near", "hotel", "resort")),
        ("  hotel  NEAR   resort within 20 ", Check("near", "hotel", "resort", bound=20)),
        ("hotel near to resort", Check("near", "hotel", "resort")),
        ("hotel far from Brazil", Check("far", "hotel", "Brazil")),
        ("hotel far from Brazil beyond 500", Check("far", "hotel", "Brazil", bound=500)),
        ("hotel nearer resort than Brazil", Check("nearer", "hotel", "resort", "Brazil")),
        ("hotel nearer to resort than to Brazil", Check("nearer", "hotel", "resort", "Brazil")),
        ("Toy Story (1995) near Toy Story 2 (1999)", Check("near", "Toy Story (1995)", "Toy Story 2 (1999)")),
        ('"The Far Country" near "Far from Heaven"', Check("near", "The Far Country", "Far from Heaven")),
        ('"near" far from far', None),
        ('"near" far from "far"', Check("far", "near", "far")),
        ("", None),
        ("hotel resort", None),
        ("hotel near", None),
        ("near resort", None),
        ("hotel far Brazil", None),
        ("hotel near resort within", None),
        ("hotel near resort within 0", None),
        ("hotel near resort within -3", None),
        ("hotel near resort within 9999999", None),
        pytest.param("hotel near resort within \u0663", None, id="arabic-digit"),
        ("hotel nearer resort", None),
        ("hotel nearer resort than", None),
        ("hotel near hotel", None),
        ('hotel near "resort', None),
        ("hotel nearer resort than resort", None),
        ("a near b near c", None),
        ("x" * 400 + " near y", None),
    ],
)
def test_the_grammar(text, check):
    if check is None:
        with pytest.raises(InputError):
            parse_check(text)
    else:
        assert parse_check(text) == check
        assert parse_check(str(check)) == check


@pytest.mark.parametrize(
    ("text", "passed", "said"),
    [
        ("w0 near w10", True, "rank 10 of 30 (required: at most 10), cosine 0.500"),
        ("w0 near w11", False, "rank 11 of 30 (required: at most 10), cosine 0.407"),
        ("w0 near w11 within 11", True, "rank 11 of 30 (required: at most 11), cosine 0.407"),
        ("w0 far from w20 beyond 20", False, "rank 20 of 30 (required: more than 20), cosine -0.500"),
        ("w0 far from w20 beyond 19", True, "rank 20 of 30 (required: more than 19), cosine -0.500"),
        ("w0 far from w4", True, "rank 4 of 30 (required: more than 3), cosine 0.914"),
        ("w0 nearer w1 than w2", True, "cosine 0.995 versus 0.978"),
        ("w0 nearer w2 than w1", False, "cosine 0.978 versus 0.995"),
        ("w0 near nothing", None, "Not in the vocabulary: nothing"),
        ("W0 near W1", True, "rank 1 of 30 (required: at most 10), cosine 0.995"),
    ],
    ids=["near", "not-near", "within", "not-beyond", "beyond", "far", "nearer", "not-nearer", "unknown", "upper-case"],
)
def test_the_numbers_that_decide(circle, text, passed, said):
    assert run_check(circle, parse_check(text)) == {"check": text, "passed": passed, "said": said}


def test_the_share_of_checks_that_hold(circle):
    texts = ["w0 near w1", "w0 near w30", "w0 nearer w1 than w2", "w0 near nothing"]
    scores = score_checks(circle, [parse_check(text) for text in texts])
    assert (scores["score"], scores["passed"], scores["covered"], scores["of"]) == (pytest.approx(2 / 3), 2, 3, 4)
    assert [result["passed"] for result in scores["results"]] == [True, False, True, None]


def test_labels_are_names_too():
    films = Embedding(np.array([[1, 0], [1, 0.1], [0, 1]], np.float32), ["1", "2", "3"], ["Heat", "Ronin", "Babe"])
    assert run_check(films, parse_check("heat near RONIN within 1"))["passed"]


def test_nothing_to_check():
    embedding = Embedding(np.ones((1, 1), np.float32), ["a"])
    assert score_checks(embedding, []) == {"score": None, "passed": 0, "covered": 0, "of": 0, "results": []}


def test_examples_are_checks_of_each_form():
    keys = ("Toy Story (1995)", "Far from Heaven (2002)", "Heat (1995)")
    parsed = [parse_check(example) for example in examples(keys)]
    assert [check.relation for check in parsed] == ["near", "near", "far", "nearer"]
    assert {check.word for check in parsed} == {keys[0]}
    assert parsed[3] == Check("nearer", *keys)
