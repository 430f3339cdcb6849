from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.base import Imported
from embedlab.kinds.pairs.dataset import PairsDataset, Things
from embedlab.kinds.pairs.splits import pairs_split
from embedlab.kinds.protocols import Protocol


def dataset_of(groups):
    n = len(groups)
    things = Things("left", "id", "|", [f"a{row}" for row in range(n)], np.ones(n, np.int64))
    rows = np.arange(n, dtype=np.int32)
    names = [f"g{group}" for group in range(max([*groups, 0]) + 1)]
    return PairsDataset(
        [things, things], rows, rows, np.ones(n, np.int8), np.array(groups, np.int32), names, Imported("pairs", {})
    )


def test_random_pairs_are_held_out_the_same_way_every_time():
    first, second = (pairs_split(dataset_of([-1] * 100), Protocol("random", 3, 0.1, 0.2)) for _ in range(2))
    assert (len(first.train), len(first.validation), len(first.test)) == (70, 10, 20)
    np.testing.assert_array_equal(first.test, second.test)
    assert sorted([*first.train, *first.validation, *first.test]) == list(range(100))
    assert len(first.without_test().test) == 0


def test_whole_groups_are_held_out_and_rows_without_one_are_for_training():
    groups = [row % 10 for row in range(60)] + [-1] * 5
    split = pairs_split(dataset_of(groups), Protocol("whole-groups", 0, 0.2, 0.3))
    of = [{groups[row] for row in part.tolist()} for part in (split.train, split.validation, split.test)]
    assert [len(each) for each in of] == [6, 2, 3]
    assert not of[0] & of[1]
    assert not of[0] & of[2]
    assert set(range(60, 65)) <= set(split.train.tolist())


@pytest.mark.parametrize(
    ("groups", "name"),
    [
        pytest.param([-1] * 2, "random", id="two-pairs"),
        pytest.param([-1] * 9, "whole-groups", id="no-groups"),
        pytest.param([0] * 5 + [1] * 5, "whole-groups", id="nothing-left"),
    ],
)
def test_too_little_is_refused(groups, name):
    with pytest.raises(InputError, match="too few"):
        pairs_split(dataset_of(groups), Protocol(name, 0, 0.1, 0.1))
