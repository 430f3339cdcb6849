"""Association tests on embeddings: planted associations, missing words, and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError, ParameterError, TooLargeError
from embedlab.exploration.asking.bias import bias_test, find_group, own_list, published_bias_test
from embedlab.exploration.asking.bias_lists import PUBLISHED, WordList


def planted(strength: float, leave_out: tuple[str, ...] = ()) -> Embedding:
    """Random vectors in which the lists of each published test share a direction."""
    rng = np.random.default_rng(0)
    vectors: dict[str, np.ndarray] = {}
    for test in PUBLISHED.values():
        one, other = rng.normal(size=(2, 50))
        sides = ((one, test.first_targets, test.first_attributes), (other, test.second_targets, test.second_attributes))
        for direction, *lists in sides:
            for word in (word for each in lists for word in each.words):
                vector = vectors.setdefault(word.lower(), rng.normal(size=50))
                vector += strength * direction
    kept = {word: vector for word, vector in vectors.items() if word not in leave_out}
    return Embedding(np.array(list(kept.values()), np.float32), list(kept))


@pytest.mark.parametrize("name", PUBLISHED, ids=list(PUBLISHED))
def test_a_planted_association_is_found_and_words_without_one_show_none(name: str) -> None:
    found = published_bias_test(planted(1.0), name)
    assert found.result.effect_size > 1
    assert found.result.p_value < 0.01
    assert not any(group.missing for group in found.groups)
    assert published_bias_test(planted(0.0), name).result.p_value > 0.01


def test_the_lists_are_complete_and_of_equal_length() -> None:
    for test in PUBLISHED.values():
        lists = (test.first_targets, test.second_targets, test.first_attributes, test.second_attributes)
        assert {len(each.words) for each in lists} in ({8}, {25})
        assert all(len(set(each.words)) == len(each.words) for each in lists)


def test_words_are_found_in_another_case_and_by_label() -> None:
    films = Embedding(np.eye(4, dtype=np.float32), ["1", "2", "nasa", "Paul"], ["Heat", "Emma", "nasa", "Paul"])
    group = find_group(films, WordList("all", ("NASA", "paul", "Heat", "2", "Emma", "nobody")))
    assert group.keys == ("nasa", "Paul", "1", "2")
    assert group.missing == ("nobody",)


def test_too_few_words_are_refused_and_named() -> None:
    missing = PUBLISHED["career-family"].first_targets.words[:5]
    embedding = planted(1.0, tuple(word.lower() for word in missing))
    with pytest.raises(InputError, match="male names: 3 of 8 are in the vocabulary; missing: John, Paul, Mike"):
        published_bias_test(embedding, "career-family")


def test_some_missing_words_are_left_out_and_listed() -> None:
    embedding = planted(1.0, ("john", "salary"))
    found = published_bias_test(embedding, "career-family")
    assert found.first_targets.missing == ("John",)
    assert found.first_attributes.missing == ("salary",)
    assert (len(found.first_targets.keys), len(found.second_targets.keys)) == (7, 8)
    assert found.result.n_divisions == 6435


def test_hostile_lists_are_refused() -> None:
    embedding = Embedding(np.eye(20, dtype=np.float32), [f"k{n}" for n in range(20)])
    lists = [own_list(f"list {n}", [f"k{4 * n + each}" for each in range(4)]) for n in range(4)]
    with pytest.raises(InputError, match="same association"):
        bias_test(embedding, *lists)
    with pytest.raises(InputError, match="both in list 0 and in list 0") as caught:
        bias_test(embedding, lists[0], lists[0], lists[2], lists[3])
    assert caught.value.received == "k0"
    with pytest.raises(TooLargeError, match="at most 60"):
        bias_test(embedding, own_list("long", [str(n) for n in range(61)]), *lists[1:])
    with pytest.raises(ParameterError, match="empty"):
        own_list("targets", [" ", ""])
    with pytest.raises(NotFoundError, match="career-family"):
        published_bias_test(embedding, "__import__('os')")


def test_vectors_that_are_not_finite_are_refused() -> None:
    embedding = planted(1.0)
    embedding.vectors[embedding.index("john")] = np.nan
    with pytest.raises(InputError, match="NaN"):
        published_bias_test(embedding, "career-family")
