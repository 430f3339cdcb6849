from __future__ import annotations

import numpy as np
import pytest

from embedlab.models.shared import cooccurrence
from embedlab.models.shared.cooccurrence import Bounds, count_cooccurrences, encoded_blocks, window_weights
from tests.models.shared.counted_data import counted_by_hand, document_dataset, random_documents

#: So small that everything happens: most pairs outside the table, many sorted runs, many of them on disk.
TIGHT = Bounds(table_cells=20, buffer_pairs=50, run_entries=60)


def full_table(pairs):
    table = np.zeros((pairs.n_words, pairs.n_words))
    for block in pairs.blocks():
        assert (block.rows <= block.columns).all()
        table[block.rows, block.columns] += block.values
    return table + table.T


@pytest.fixture
def documents():
    return random_documents()


@pytest.mark.parametrize("bounds", [None, TIGHT])
@pytest.mark.parametrize("weighting", ["flat", "linear", "harmonic"])
def test_the_table_is_the_one_counted_by_hand(documents, tmp_path, weighting, bounds):
    data = document_dataset(tmp_path, documents)
    words = data.vocabulary["word"].tolist()[:-5]
    weights = window_weights(7, weighting)
    pairs = count_cooccurrences(data, words, weights, tmp_path, lambda _: None, bounds)
    assert full_table(pairs) == pytest.approx(counted_by_hand(documents, words, weights), rel=1e-12)
    assert bool(list(tmp_path.glob("pairs-*"))) == (bounds is TIGHT)


def test_blocks_come_in_order_and_hold_each_pair_once(documents, tmp_path, monkeypatch):
    monkeypatch.setattr(cooccurrence, "_BLOCK_ENTRIES", 64)
    data = document_dataset(tmp_path, documents)
    words = data.vocabulary["word"].tolist()
    pairs = count_cooccurrences(data, words, np.ones(9), tmp_path, lambda _: None, TIGHT)
    blocks = list(pairs.blocks())
    keys = np.concatenate([block.rows.astype(np.int64) << 32 | block.columns for block in blocks])
    assert len(blocks) > 3
    assert (np.diff(keys) > 0).all()
    assert full_table(pairs) == pytest.approx(counted_by_hand(documents, words, np.ones(9)))


def test_many_runs_on_disk_become_one(documents, tmp_path, monkeypatch):
    monkeypatch.setattr(cooccurrence, "_MAX_RUNS", 2)
    data = document_dataset(tmp_path, documents)
    words = data.vocabulary["word"].tolist()
    pairs = count_cooccurrences(data, words, np.ones(9), tmp_path, lambda _: None, TIGHT)
    assert full_table(pairs) == pytest.approx(counted_by_hand(documents, words, np.ones(9)))
    assert len(list(tmp_path.glob("*.keys"))) <= 3


def test_blocks_of_the_file_change_nothing(documents, tmp_path, monkeypatch):
    monkeypatch.setattr(cooccurrence, "_READ_BYTES", 100)
    data = document_dataset(tmp_path, documents)
    words = data.vocabulary["word"].tolist()
    shares = []
    pairs = count_cooccurrences(data, words, np.ones(4), tmp_path, shares.append)
    assert full_table(pairs) == pytest.approx(counted_by_hand(documents, words, np.ones(4)))
    assert len(shares) > 20
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_words_of_every_script_are_found(tmp_path):
    documents = [["naïve", "東京", "Ελλάδα"], ["東京", "naïve"]]
    data = document_dataset(tmp_path, documents)
    words = data.vocabulary["word"].tolist()
    blocks = [tokens for tokens, _ in encoded_blocks(data, words)]
    assert [words[row] if row >= 0 else "|" for row in np.concatenate(blocks)] == [
        "|",
        *documents[0],
        "|",
        *documents[1],
    ]


def test_a_window_reaches_over_lines_and_rare_words_but_not_over_documents(tmp_path):
    filler = ["common"] * 99
    documents = [[*filler, "left", "rare", "right"], ["next"]]
    data = document_dataset(tmp_path, documents)
    words = ["common", "left", "right", "next"]
    table = full_table(count_cooccurrences(data, words, np.ones(1), tmp_path, lambda _: None))
    assert table[words.index("left"), words.index("right")] == 1
    assert table[words.index("right"), words.index("next")] == 0
    # On the diagonal both directions of a pair fall together.
    assert table[0, 0] == 2 * 98


def test_what_pairs_count():
    assert window_weights(4, "flat").tolist() == [1, 1, 1, 1]
    assert window_weights(4, "linear").tolist() == [1, 0.75, 0.5, 0.25]
    assert window_weights(4, "harmonic").tolist() == [1, 1 / 2, 1 / 3, 1 / 4]


def test_counting_can_be_stopped(documents, tmp_path):
    data = document_dataset(tmp_path, documents)

    def stop(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        count_cooccurrences(data, data.vocabulary["word"].tolist(), np.ones(2), tmp_path, stop)
