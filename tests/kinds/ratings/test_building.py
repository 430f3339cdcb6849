"""Duplicates, order by popularity, and the figures, on tables small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.building import RowStore, build
from embedlab.kinds.ratings.cleaning import CleanRows, KeyCodes
from embedlab.kinds.ratings.statistics import histogram, long_tail, sparsity_picture

NAN = float("nan")


def codes(keys):
    made = KeyCodes()
    made.encode(pa.array(keys))
    return made


def rows(triples, times=None):
    users, items, ratings = zip(*triples, strict=True)
    return CleanRows(
        np.array(users, np.int32),
        np.array(items, np.int32),
        np.array(ratings, np.float32),
        np.array(times or [NAN] * len(ratings), np.float64),
    )


def built(tmp_path, triples, rule="last", times=None, test=None):
    users, items = codes(["ann", "bob", "eve"]), codes(["x", "y", "z"])
    return build(tmp_path, rows(triples, times), None if test is None else rows(test), users, items, rule, lambda: None)


ONCE = [(0, 0, 1), (1, 1, 2), (1, 2, 3), (2, 1, 4)]


def test_most_rated_first_and_ties_by_first_appearance(tmp_path):
    result = built(tmp_path, ONCE)
    assert result.users[["key", "count"]].to_numpy().tolist() == [["bob", 2], ["ann", 1], ["eve", 1]]
    assert result.items["key"].tolist() == ["y", "x", "z"]
    assert result.items["mean_rating"].tolist() == [3.0, 1.0, 3.0]
    assert result.ratings.users.tolist() == [1, 0, 0, 2]
    assert result.ratings.items.tolist() == [1, 0, 2, 0]
    assert np.load(tmp_path / "ratings.npy").tolist() == [1, 2, 3, 4]


TWICE = [(0, 0, 1), (0, 0, 5), (0, 0, 3), (1, 1, 2), (1, 0, 4)]


def test_the_last_in_the_file_is_kept_without_times(tmp_path):
    result = built(tmp_path, TWICE)
    assert (result.ratings.ratings.tolist(), result.n_duplicates) == ([3, 2, 4], 2)


def test_the_last_in_time_is_kept_with_times(tmp_path):
    assert built(tmp_path, TWICE, times=[10, 30, 20, 1, 1]).ratings.ratings.tolist() == [5, 2, 4]


def test_a_known_time_beats_an_unknown_one_and_equal_times_go_by_the_file(tmp_path):
    assert built(tmp_path, TWICE, times=[10, NAN, NAN, 1, 1]).ratings.ratings.tolist() == [1, 2, 4]
    assert built(tmp_path, TWICE, times=[7, 7, 7, 7, 7]).ratings.ratings.tolist() == [3, 2, 4]


def test_the_mean_is_taken(tmp_path):
    result = built(tmp_path, TWICE, "mean")
    assert result.ratings.ratings.tolist() == [3, 2, 4]
    assert result.items.set_index("key")["mean_rating"].to_dict()["x"] == 3.5


def test_duplicates_are_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"more than once.*user ann, item x"):
        built(tmp_path, TWICE, "refuse")
    assert built(tmp_path, ONCE, "refuse").n_duplicates == 0


def test_pairs_of_the_test_part_are_not_learned_from(tmp_path):
    result = built(tmp_path, [*ONCE, (2, 2, 5)], test=[(1, 1, 2), (0, 2, 5)])
    assert (len(result.ratings), len(result.test), result.n_in_test) == (4, 2, 1)
    users, items = result.users["key"].tolist(), result.items["key"].tolist()
    pairs = {(users[u], items[i]) for u, i in zip(result.ratings.users, result.ratings.items, strict=True)}
    assert ("bob", "y") not in pairs
    assert {(users[u], items[i]) for u, i in zip(result.test.users, result.test.items, strict=True)} == {
        ("bob", "y"),
        ("ann", "z"),
    }


@pytest.mark.parametrize(
    ("triples", "message"),
    [
        ([(0, 0, 1)], "too few usable ratings"),
        ([(0, 0, 3), (1, 1, 3), (2, 2, 3)], "All ratings are equal"),
    ],
)
def test_too_little_to_learn_from(tmp_path, triples, message):
    with pytest.raises(InputError, match=message):
        built(tmp_path, triples)


def test_one_user_and_one_item_are_refused(tmp_path):
    for users, items, what in ((["ann"], ["x", "y", "z"], "user"), (["a", "b", "c"], ["x"], "item")):
        triples = [(k % len(users), k % len(items), k) for k in range(3)]
        with pytest.raises(InputError, match=f"one {what}"):
            build(tmp_path, rows(triples), None, codes(users), codes(items), "last", lambda: None)


def test_the_row_store_gives_back_what_it_was_given(tmp_path):
    store = RowStore(tmp_path, "main")
    store.add(rows(ONCE))
    store.add(rows(TWICE))
    stored = store.rows()
    assert stored.ratings.tolist() == [rating for *_, rating in ONCE + TWICE]
    assert stored.users.tolist() == [user for user, *_ in ONCE + TWICE]
    store.delete()
    assert list(tmp_path.iterdir()) == []


def test_an_empty_row_store(tmp_path):
    assert len(RowStore(tmp_path, "main").rows().ratings) == 0


def test_histogram_counts_values_or_bins():
    assert histogram(np.array([1, 1, 5, 3], np.float32)) == {"values": [1, 3, 5], "counts": [2, 1, 1], "exact": True}
    many = histogram(np.linspace(0, 1, 1000, dtype=np.float32))
    assert (many["exact"], len(many["counts"]), sum(many["counts"])) == (False, 20, 1000)


def test_long_tail_keeps_both_ends_in_few_points():
    counts = np.arange(1, 100_001)
    tail = long_tail(counts)
    assert len(tail["ranks"]) <= 500
    assert (tail["ranks"][0], tail["counts"][0], tail["ranks"][-1], tail["counts"][-1]) == (1, 100_000, 100_000, 1)
    assert tail["counts"] == sorted(tail["counts"], reverse=True)


def test_sparsity_picture_shows_exactly_the_ratings_of_those_drawn():
    random = np.random.default_rng(0)
    users, items = (random.integers(0, n, 3000).astype(np.int32) for n in (200, 300))
    picture = sparsity_picture(users, items, 200, 300)
    assert (len(picture["rows"]), len(picture["rows"][0])) == (60, 100)
    rated = set(zip(users.tolist(), items.tolist(), strict=True))
    for row, user in enumerate(picture["users"]):
        for column, item in enumerate(picture["items"]):
            assert (picture["rows"][row][column] == "1") == ((user, item) in rated)
