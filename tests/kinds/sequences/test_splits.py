"""Whole users are held out, and their last event is the one to predict."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.sequences import split_sequences
from tests.kinds.sequences.files import imported

PROTOCOL = Protocol("random", 3, 0.1, 0.2)


def test_users_are_in_one_part_and_targets_are_their_last_events(tmp_path):
    rows = [f"u{user},i{(user + step) % 7},{1_700_000_000 + 5000 * step}" for user in range(50) for step in range(4)]
    content = "user,item,time\n" + "\n".join(rows) + "\n"
    split = split_sequences(imported(tmp_path, content, shape="events", pause_minutes=0), PROTOCOL)
    assert (split.n_train_users, split.validation.n_users, split.test.n_users) == (35, 5, 10)
    assert len(split.known) == len(split.train) + 5
    assert split.is_train.sum() == len(split.train)
    keys = split.dataset.item_keys
    for row in range(len(split.test)):
        items = [int(keys[item].removeprefix("i")) for item in split.test.histories.one(row)]
        assert len(items) == 3
        assert int(keys[split.test.targets[row]].removeprefix("i")) == (items[-1] + 1) % 7
    assert len(split.without_test().test) == 0
    again = split_sequences(split.dataset, PROTOCOL)
    np.testing.assert_array_equal(again.test.targets, split.test.targets)


def test_of_several_visits_the_last_one_with_two_events_is_the_case(tmp_path):
    content = "user,item,time\n" + "".join(
        f"u{user},a,0\nu{user},b,60\nu{user},c,9000\nu{user},d,9060\nu{user},e,90000\n" for user in range(10)
    )
    dataset = imported(tmp_path, content, shape="events", time="time", pause_minutes=30)
    test = split_sequences(dataset, PROTOCOL).test
    keys = dataset.item_keys
    assert {keys[row] for row in test.targets} == {"d"}
    assert {keys[row] for row in test.histories.items} == {"c"}


def test_a_target_that_has_occurred_before_is_no_case_unless_repeats_are_predicted(tmp_path):
    content = "a b a\n" * 10 + "a b c\n" * 10
    for predicted, expected in ((False, {"c"}), (True, {"a", "c"})):
        dataset = imported(tmp_path, content, shape="lines", delimiter=" ", predict_repeats=predicted)
        test = split_sequences(dataset, Protocol("random", 0, 0.1, 0.5)).test
        assert {dataset.item_keys[row] for row in test.targets} == expected
        assert test.n_users == 10


def test_a_split_without_training_users_is_refused(tmp_path):
    dataset = imported(tmp_path, "a b\n", shape="lines", delimiter=" ")
    assert len(split_sequences(dataset, PROTOCOL).test) == 0
    two = imported(tmp_path, "a b\nb c\n", shape="lines", delimiter=" ")
    with pytest.raises(InputError, match="no users for training"):
        split_sequences(two, Protocol("random", 0, 0.4, 0.5))
