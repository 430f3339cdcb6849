"""PureSVD against NumPy's decomposition, and the choice of its dimensions."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import StorageError
from embedlab.models.contract.base import QuietContext
from embedlab.models.contract.state import State
from embedlab.models.pure_svd.model import N_FACTORS, PureSvd, PureSvdParameters, decompose
from embedlab.models.pure_svd.ranker import ProjectionRanker
from tests.models.ranking_data import choices_split, random_choices


def test_scores_are_the_best_approximation_of_the_matrix_with_few_dimensions():
    chosen = random_choices(30, 12)
    chosen[3, 4] = 5
    split = choices_split(chosen, shares=(0.0, 0.0))
    ranker = decompose(split.train, split.shape, 4, seed=0)
    left, values, right = np.linalg.svd(chosen, full_matrices=False)
    expected = left[:, :4] * values[:4] @ right[:4]
    scores = ranker.scores(np.arange(30, dtype=np.int32))
    np.testing.assert_allclose(scores, expected, atol=1e-3)
    items = np.flatnonzero(chosen[3]).astype(np.int32)
    folded = ranker.fold_in(items, chosen[3, items])
    np.testing.assert_allclose(folded.scores, scores[3], atol=1e-5)
    np.testing.assert_allclose(folded.vector, ranker.user_vectors[3], atol=1e-5)


def test_dimensions_are_fewer_than_the_users_and_items_there_are():
    split = choices_split(random_choices(5, 3), shares=(0.0, 0.0))
    assert decompose(split.train, split.shape, 50, seed=0).item_vectors.shape == (3, 2)


def test_the_planted_number_of_groups_is_chosen_as_the_dimensions(tmp_path):
    rng = np.random.default_rng(0)
    groups = np.arange(120) % 4
    chosen = ((groups[:, np.newaxis] == np.arange(40) % 4) & (rng.random((120, 40)) < 0.6)).astype(np.float32)
    context = QuietContext(tmp_path)
    result = PureSvd().train(choices_split(chosen, shares=(0.2, 0.0)), PureSvdParameters(), context)
    assert result.scores["n_factors"] == 4
    assert len(context.lines) == len(N_FACTORS)


def test_given_dimensions_are_used(tmp_path):
    split = choices_split(random_choices(), shares=(0.2, 0.0))
    result = PureSvd().train(split, PureSvdParameters(n_factors=3), QuietContext(tmp_path))
    assert result.scores["n_factors"] == result.embeddings["items"].vectors.shape[1] == 3


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"item_vectors": np.zeros((4, 2), np.float32)}, id="other-dimensions"),
        pytest.param({"seen_items": np.ones(3, bool)}, id="too-few-items"),
    ],
)
def test_damaged_arrays_are_refused(change):
    ranker = ProjectionRanker(np.zeros((2, 3), np.float32), np.zeros((4, 3), np.float32), np.ones(4, bool))
    with pytest.raises(StorageError):
        ProjectionRanker.from_state(State({**ranker.state().arrays, **change}))
