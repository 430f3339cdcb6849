from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import StorageError
from embedlab.models.contract.state import State
from embedlab.models.shared.implicit_als.problem import Objective, Problem
from embedlab.models.shared.implicit_als.ranker import AlternatingRanker
from embedlab.models.shared.implicit_als.solver import ITEMS, USERS, AlternatingSolver
from tests.models.shared.implicit_als.als_data import random_interactions

OBJECTIVE = Objective(0.1, 0.05, 1.0)


def trained(prior=None):
    """Return a ranker of a small training, its interactions, and the vectors of its users."""
    interactions = random_interactions(weighted=True)
    solver = AlternatingSolver(Problem.of(interactions, (40, 30)), OBJECTIVE, 8, seed=1)
    for _ in range(5):
        solver.epoch()
    vectors = solver.vectors
    assert len(vectors[USERS]) == 40
    assert len(vectors[ITEMS]) == 30
    # Two more items of the dataset without interactions.
    items = np.concatenate([vectors[ITEMS], np.zeros((2, 8), np.float32)])
    known = np.arange(32) < 30
    chosen_prior = np.zeros(8, np.float32) if prior is None else prior
    return AlternatingRanker(vectors[USERS], items, known, chosen_prior, OBJECTIVE, 30), interactions


def history(interactions, user):
    rows = interactions.users == user
    return interactions.items[rows], interactions.weights[rows]


def test_folding_in_the_interactions_of_a_user_gives_the_trained_vector():
    ranker, interactions = trained()
    for user in (0, 7, 39):
        folded = ranker.fold_in(*history(interactions, user))
        np.testing.assert_allclose(folded.vector, ranker.user_vectors[user], rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(folded.scores[:30], ranker.scores(np.array([user], np.int32))[0, :30], atol=1e-5)


@pytest.mark.parametrize("prior", [pytest.param(None, id="plain"), pytest.param(np.ones(8, np.float32), id="prior")])
def test_reasons_add_up_to_the_score(prior):
    ranker, interactions = trained(prior)
    items, values = history(interactions, 3)
    # One that the model does not know contributes nothing.
    items, values = np.append(items, 31).astype(np.int32), np.append(values, 1).astype(np.float32)
    scores = ranker.fold_in(items, values).scores
    for target in (0, int(items[0]), 29):
        reasons = ranker.reasons(items, values, target)
        assert reasons.score == pytest.approx(scores[target], abs=1e-5)
        assert reasons.contributions[-1] == 0
    assert (reasons.base == 0) == (prior is None)
    assert ranker.reasons(items, values, 30).score == -np.inf


def test_what_cannot_be_recommended_has_no_score():
    ranker, _ = trained()
    scores = ranker.scores(np.array([0, 5], np.int32))
    assert np.isfinite(scores[:, :30]).all()
    assert np.isneginf(scores[:, 30:]).all()
    assert np.isneginf(ranker.fold_in(np.zeros(0, np.int32), np.zeros(0, np.float32)).scores[30:]).all()


def test_unknown_users_get_the_scores_of_someone_without_interactions():
    ranker, _ = trained(np.ones(8, np.float32))
    nobody = ranker.fold_in(np.zeros(0, np.int32), np.zeros(0, np.float32))
    for user in (-1, 40):
        np.testing.assert_allclose(ranker.scores(np.array([user], np.int32))[0], nobody.scores, rtol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda arrays, config: arrays.pop("prior"), id="missing"),
        pytest.param(lambda arrays, config: arrays.update(prior=np.zeros(3, np.float32)), id="shape"),
        pytest.param(lambda arrays, config: arrays.update(known_items=np.ones(3, bool)), id="items"),
        pytest.param(lambda arrays, config: config.update(alpha0="much"), id="number"),
    ],
)
def test_a_damaged_state_is_refused(change):
    state = trained()[0].state()
    arrays, config = dict(state.arrays), dict(state.config)
    change(arrays, config)
    with pytest.raises(StorageError):
        AlternatingRanker.from_state(State(arrays, config))
