"""Training of BPR: early stopping on the ranking, the refit, and divergence."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError, StorageError
from embedlab.models.bpr.model import Bpr, BprParameters
from embedlab.models.bpr.ranker import BprRanker
from embedlab.models.contract.base import QuietContext
from embedlab.models.contract.state import State
from tests.models.ranking_data import choices_split, random_choices


def groups_split():
    rng = np.random.default_rng(0)
    own = np.arange(60)[:, np.newaxis] % 2 == np.arange(20) % 2
    return choices_split((own & (rng.random((60, 20)) < 0.6)).astype(np.float32), shares=(0.2, 0.0))


def train(split, tmp_path, **parameters):
    context = QuietContext(tmp_path)
    return Bpr().train(split, BprParameters(**{"n_factors": 4, **parameters}), context), context


def test_the_best_epoch_on_the_validation_part_is_trained_again_with_it(tmp_path):
    result, context = train(groups_split(), tmp_path, epochs=60, patience=10)
    first = [entry for entry in context.history if "validation_ndcg@10" in entry]
    values = [entry["validation_ndcg@10"] for entry in first]
    best = int(np.argmax(values)) + 1
    assert result.scores["best_epoch"] == best
    assert result.scores["validation_ndcg@10"] == max(values)
    assert len(first) <= best + 10
    assert result.scores["n_refit_epochs"] == best == len(context.history) - len(first)
    assert result.embeddings["items"].metadata["bias"].notna().all()


def test_without_refit_the_best_epoch_is_kept(tmp_path):
    split = groups_split()
    result, context = train(split, tmp_path, epochs=8, patience=2, refit=False)
    assert "n_refit_epochs" not in result.scores
    stopped, _ = train(split, tmp_path, epochs=result.scores["best_epoch"], patience=0, refit=False)
    np.testing.assert_array_equal(stopped.embeddings["items"].vectors, result.embeddings["items"].vectors)
    assert all("refit_loss" not in entry for entry in context.history)


def test_without_a_validation_part_the_loss_decides(tmp_path):
    result, context = train(choices_split(random_choices(), shares=(0.0, 0.2)), tmp_path, epochs=5)
    assert result.scores["best_epoch"] == 5
    assert [set(entry) for entry in context.history] == [{"epoch", "loss"}] * 5


def test_a_divergence_is_explained_with_the_learning_rate(tmp_path):
    with pytest.raises(InputError, match="diverged") as caught:
        train(groups_split(), tmp_path, learning_rate=1.0, l2_user=10.0, l2_positive=10.0, epochs=60, patience=0)
    assert caught.value.received == "learning_rate=1.0"


def test_damaged_arrays_are_refused():
    ranker = BprRanker(
        np.zeros((2, 3), np.float32), np.zeros((4, 3), np.float32), np.zeros(4, np.float32), np.ones(4, bool)
    )
    for change in ({"item_biases": np.zeros(3, np.float32)}, {"seen_items": np.ones(5, bool)}):
        with pytest.raises(StorageError):
            BprRanker.from_state(State({**ranker.state().arrays, **change}))
