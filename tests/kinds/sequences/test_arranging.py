"""Order, pauses, repeats and equal events, by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from embedlab.kinds.reading_report import Changes
from embedlab.kinds.sequences.arranging import arrange, is_repeat, session_starts
from embedlab.kinds.sequences.events import Collector, EventBatch
from embedlab.kinds.sequences.histories import Histories


def events(rows):
    users, items, times = zip(*rows, strict=True)
    collector = Collector(Changes())
    collector.add(EventBatch(users, items, np.array(times, np.float64)))
    return collector.events()


def named(arranged, found):
    items = [found.item_keys[row] for row in arranged.items]
    return [items[start:stop] for start, stop in pairwise(arranged.starts.tolist())]


def test_a_pause_longer_than_the_bound_starts_a_sequence():
    users = np.array([0, 0, 0, 0, 1], np.int32)
    times = np.array([0, 60, 120, 181, 181], np.float64)
    assert session_starts(users, times, 60.0).tolist() == [0, 3, 4, 5]
    assert session_starts(users, times, 0.0).tolist() == [0, 4, 5]
    assert session_starts(users, None, 60.0).tolist() == [0, 4, 5]


def test_events_are_ordered_by_time_and_equal_times_by_the_file():
    found = events([("u", "c", 9), ("v", "x", 1), ("u", "a", 1), ("u", "b", 5), ("u", "z", 5)])
    assert named(arrange(found, pause_s=0, repeats="keep"), found) == [["a", "b", "z", "c"], ["x"]]


def test_equal_events_count_once_also_if_another_one_has_the_same_time():
    found = events([("u", "a", 1), ("u", "b", 1), ("u", "a", 1), ("u", "a", 2)])
    arranged = arrange(found, pause_s=0, repeats="keep")
    assert arranged.n_equal == 1
    assert named(arranged, found) == [["a", "b", "a"]]


@pytest.mark.parametrize(
    ("repeats", "expected", "n_repeats"),
    [
        pytest.param("keep", [["a", "a", "b", "a"], ["a"]], 0, id="keep"),
        pytest.param("merge", [["a", "b", "a"], ["a"]], 1, id="merge"),
        pytest.param("first", [["a", "b"], ["a"]], 2, id="first"),
    ],
)
def test_repeats_are_counted_within_a_sequence_only(repeats, expected, n_repeats):
    found = events([("u", "a", 1), ("u", "a", 2), ("u", "b", 3), ("u", "a", 4), ("u", "a", 100)])
    arranged = arrange(found, pause_s=50, repeats=repeats)
    assert (named(arranged, found), arranged.n_repeats) == (expected, n_repeats)


def test_a_repeat_is_an_item_that_has_occurred_before_in_its_sequence():
    items, sequences = np.array([3, 1, 3, 3, 1], np.int32), np.array([0, 0, 0, 1, 1])
    assert is_repeat(items, sequences).tolist() == [False, False, True, False, False]


def test_histories_are_cut_and_joined_without_mixing_sequences():
    histories = Histories.of([[1, 2, 3], [], [4], [5, 6]])
    assert histories.last_items().tolist() == [3, -1, 4, 6]
    newest = histories.newest(2)
    assert [newest.one(row).tolist() for row in range(4)] == [[2, 3], [], [4], [5, 6]]
    some = histories.take(np.array([3, 0]))
    assert [some.one(row).tolist() for row in range(2)] == [[5, 6], [1, 2, 3]]
    before, last = some.without_last()
    assert [before.one(row).tolist() for row in range(2)] == [[5], [1, 2]]
    assert last.tolist() == [6, 3]
    assert histories.part(2, 4).items.tolist() == [4, 5, 6]
    assert Histories.of([[0, 2, 0]]).matrix(4).toarray().tolist() == [[1, 0, 1, 0]]
