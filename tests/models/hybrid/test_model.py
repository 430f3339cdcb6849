from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import InputError
from embedlab.core.roles import display_order, noun, role
from embedlab.kinds.ratings.interactions import Interactions
from embedlab.models.contract.base import QuietContext
from embedlab.models.hybrid.model import FEATURES, Hybrid, HybridParameters
from embedlab.models.shared.implicit_als.problem import Objective, Problem
from embedlab.models.shared.implicit_als.solver import ITEMS, USERS, AlternatingSolver
from embedlab.models.shared.side_features.matrix import feature_matrix
from tests.models.shared.implicit_als.als_data import random_interactions, two_groups

N_ITEMS = 30
#: Items of even rows are of genre A, those of odd rows of genre B, as the groups; both groups have C.
GENRES = [f"{'AB'[row % 2]}|C" for row in range(N_ITEMS)]


def train(data, tmp_path, **parameters):
    context = QuietContext(tmp_path, n_threads=2)
    chosen = {"n_factors": 4, "l2": 0.05, "alpha0": 0.3, "l2_features": 1.0, **parameters}
    return Hybrid().train(data, HybridParameters.checked(chosen), context), context


def without(part, item):
    rows = np.flatnonzero(part.items != item)
    return Interactions(part.users[rows], part.items[rows], part.weights[rows])


def with_a_cold_item(item, **columns):
    """Return the split of two groups in which nobody chose one of the items."""
    data = two_groups(genres=GENRES, **columns)
    parts = {name: without(getattr(data, name), item) for name in ("train", "validation")}
    return type(data)(data.dataset, parts["train"], parts["validation"], data.test, data.rated, data.positive_from)


@pytest.mark.parametrize("cold", [pytest.param(4, id="genre-A"), pytest.param(7, id="genre-B")])
def test_a_cold_item_lands_among_those_of_its_genre(cold, tmp_path):
    result, _ = train(with_a_cold_item(cold), tmp_path)
    items = result.embeddings["items"]
    group = np.array([int(key[1:]) % 2 for key in items.keys])
    row = items.index(f"i{cold}")
    cosines = items.unit_vectors @ items.unit_vectors[row]
    others = np.arange(len(group)) != row
    same = group == cold % 2
    assert cosines[same & others].min() > cosines[~same].max()
    # It can be recommended, and its scores are higher for the users of its group.
    (ranker,) = result.abilities
    scores = ranker.scores(np.arange(40, dtype=np.int32))[:, cold]
    assert np.isfinite(scores).all()
    assert scores[cold % 2 :: 2].min() > scores[1 - cold % 2 :: 2].max()


def test_unrated_items_land_among_those_of_their_genre_and_change_nothing_else(tmp_path):
    keys = ["a", "b", "?"]
    unrated = pd.DataFrame({"key": keys, "label": keys, "count": 0, "genres": ["A|C", "B|C", "D"]})
    result, _ = train(two_groups(genres=GENRES, unrated=unrated), tmp_path)
    alone, _ = train(two_groups(genres=GENRES), tmp_path)
    items = result.embeddings["items"]
    # No rated item has the genre D.
    assert items.keys[N_ITEMS:] == ["a", "b"]
    assert items.metadata["count"].tolist()[N_ITEMS:] == [0, 0]
    group = np.arange(N_ITEMS) % 2
    for place, own in ((N_ITEMS, 0), (N_ITEMS + 1, 1)):
        cosines = items.unit_vectors[:N_ITEMS] @ items.unit_vectors[place]
        assert cosines[group == own].min() > cosines[group != own].max()
    np.testing.assert_array_equal(items.vectors[:N_ITEMS], alone.embeddings["items"].vectors)
    np.testing.assert_array_equal(result.embeddings[FEATURES].vectors, alone.embeddings[FEATURES].vectors)


def test_features_are_in_the_space_of_the_items_they_describe(tmp_path):
    result, _ = train(two_groups(genres=GENRES), tmp_path)
    features, items = result.embeddings[FEATURES], result.embeddings["items"]
    assert list(features.keys) == ["genres: C", "genres: A", "genres: B"]
    assert features.metadata["count"].tolist() == [30, 15, 15]
    assert features.metadata["column"].tolist() == ["genres"] * 3
    for group, key in enumerate(("genres: A", "genres: B")):
        cosines = items.unit_vectors @ features.unit_vectors[features.index(key)]
        same = np.array([int(item[1:]) % 2 == group for item in items.keys])
        assert cosines[same].min() > cosines[~same].max()


def test_features_of_users_place_users(tmp_path):
    data = two_groups(genres=GENRES)
    data.dataset.users = data.dataset.users.assign(country=["A", "B"] * 20)
    # Nobody knows the choices of user 4.
    rows = np.flatnonzero(data.train.users != 4)
    train_part = Interactions(data.train.users[rows], data.train.items[rows], data.train.weights[rows])
    data = type(data)(data.dataset, train_part, Interactions.empty(), data.test, data.rated, data.positive_from)
    result, _ = train(data, tmp_path)
    scores = result.abilities[0].scores(np.array([4], np.int32))[0]
    assert scores[0::2].min() > scores[1::2].max()
    assert {"country: A", "country: B"} <= set(result.embeddings[FEATURES].keys)
    assert set(result.embeddings[FEATURES].metadata["side"]) == {"users", "items"}


def test_reasons_of_a_cold_item_add_up(tmp_path):
    data = with_a_cold_item(4)
    (ranker,) = train(data, tmp_path)[0].abilities
    mine = data.known.users == 2
    items, values = data.known.items[mine], data.known.weights[mine]
    folded = ranker.fold_in(items, values)
    np.testing.assert_allclose(folded.vector, ranker.user_vectors[2], atol=1e-3)
    assert ranker.reasons(items, values, 4).score == pytest.approx(folded.scores[4], abs=1e-5)


def test_no_step_increases_the_loss_with_features():
    interactions = random_interactions()
    table = two_groups(genres=GENRES).dataset.items
    matrix = feature_matrix(table, min_count=1).matrix
    problem = Problem.of(interactions, (40, N_ITEMS), None, matrix)
    solver = AlternatingSolver(problem, Objective(0.2, 0.05, 1.0), 5, l2_features=2.0, seed=1)
    losses = []
    for _ in range(8):
        for side in (ITEMS, USERS):
            solver.half_step(side)
            losses.append(solver.loss().total)
        solver.fit_features()
        losses.append(solver.loss().total)
    assert (np.diff(losses) <= 1e-5 * losses[0]).all()


def test_strong_regularization_of_features_is_plain_ials():
    interactions = random_interactions()
    matrix = feature_matrix(two_groups(genres=GENRES).dataset.items, min_count=1).matrix
    vectors = []
    for features in (None, matrix):
        solver = AlternatingSolver(
            Problem.of(interactions, (40, N_ITEMS), None, features), Objective(0.2, 0.05, 1.0), 5, l2_features=1e6
        )
        for _ in range(5):
            solver.epoch()
        vectors.append(solver.vectors["users"] @ solver.vectors["items"].T)
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-3)


@pytest.mark.parametrize(
    ("columns", "min_count"),
    [pytest.param({"genres": ""}, 5, id="no-features"), pytest.param({"genres": GENRES}, 31, id="all-rare")],
)
def test_items_without_features_are_refused_with_a_remedy(columns, min_count, tmp_path):
    with pytest.raises(InputError, match="no features") as refused:
        train(two_groups(**columns), tmp_path, min_count=min_count)
    assert "genres" in str(refused.value.received)
    assert "ials" in str(refused.value.remedy)


def test_features_have_words_for_people():
    assert (noun("features"), noun("features", 2)) == ("feature", "features")
    assert display_order({"features": 9, "users": 8, "items": 7}) == ["items", "users", "features"]
    assert role("features").color_columns[0] == "column"
