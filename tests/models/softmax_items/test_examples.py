from __future__ import annotations

import numpy as np
import pytest

from embedlab.kinds.ratings.interactions import Interactions
from embedlab.models.shared.keras_steps.log_uniform import LogUniform
from embedlab.models.softmax_items import examples
from embedlab.models.softmax_items.examples import ItemLists, batches


def lists_of(rows, n_items):
    users = np.repeat(np.arange(len(rows)), [len(row) for row in rows]).astype(np.int32)
    items = np.concatenate([np.asarray(row, np.int32) for row in rows])
    weights = 1 + 0.5 * (items % 2).astype(np.float32)
    return ItemLists.of(Interactions(users, items, weights), (len(rows), n_items))


ROWS = [[3, 1, 7], [], [5], [0, 2, 4, 6, 8, 9], [1, 2]]


def test_lists_are_grouped_by_user_and_their_sizes_are_said():
    lists = lists_of(ROWS, 10)
    assert lists.lengths.tolist() == [3, 0, 1, 6, 2]
    assert lists.items.tolist() == [1, 3, 7, 5, 0, 2, 4, 6, 8, 9, 1, 2]
    text = lists.sizes_text()
    # Lists of 3, 1, 6 and 2 items.
    assert "a list of 2 numbers (median; at most 6); a dense row would have 10." in text
    assert "12 numbers instead of 40, 3 times as many" in text


@pytest.mark.parametrize("share", [0.001, 0.5, 0.999], ids=["one", "half", "most"])
def test_targets_are_left_out_of_the_input(share):
    lists = lists_of(ROWS, 10)
    seen = []
    for batch in batches(lists, batch_size=2, target_share=share, random=np.random.default_rng(0)):
        for place in range(batch.n_users):
            inputs = set(batch.inputs[batch.input_users == place].tolist())
            targets = set(batch.targets[batch.target_users == place].tolist())
            assert inputs
            assert targets
            assert not inputs & targets
            assert sorted(inputs | targets) in [sorted(row) for row in ROWS]
            assert len(targets) == np.clip(round(share * len(inputs | targets)), 1, len(inputs | targets) - 1)
            assert batch.input_weights[batch.input_users == place].sum() == pytest.approx(1)
            assert batch.target_weights[batch.target_users == place].sum() == pytest.approx(1)
            seen.append(sorted(inputs | targets))
    # Users with one item cannot be learned from.
    assert sorted(seen) == [[0, 2, 4, 6, 8, 9], [1, 2], [1, 3, 7]]


def test_of_a_long_list_a_part_is_drawn(monkeypatch):
    monkeypatch.setattr(examples, "MOST_ITEMS_OF_USER", 4)
    lists = lists_of(ROWS, 10)
    drawn = set()
    for seed in range(20):
        for batch in batches(lists, batch_size=9, target_share=0.5, random=np.random.default_rng(seed)):
            counts = np.bincount(np.concatenate([batch.input_users, batch.target_users]))
            assert counts.max() <= 4
            place = int(np.argmax(counts))
            drawn |= set(batch.inputs[batch.input_users == place].tolist())
    assert drawn >= {0, 2, 4, 6, 8, 9}


def test_candidates_are_drawn_as_often_as_expected():
    sampler, random = LogUniform(50, 20), np.random.default_rng(0)
    counts, n_rounds = np.zeros(50), 4000
    for _ in range(n_rounds):
        drawn = sampler.draw(random)
        assert np.array_equal(drawn, np.unique(drawn))
        counts[drawn] += 1
    expected = np.exp(sampler.log_expected(np.arange(50, dtype=np.int32)))
    np.testing.assert_allclose(counts / n_rounds, expected, atol=4 * 0.5 / np.sqrt(n_rounds))


def test_the_probabilities_of_one_draw_add_up_to_one():
    assert np.exp(LogUniform(1000, 1).log_expected(np.arange(1000, dtype=np.int32))).sum() == pytest.approx(1, abs=1e-5)
