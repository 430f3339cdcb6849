from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from embedlab.kinds.ratings.interactions import interactions_split
from embedlab.kinds.ratings.splits import Ratings
from embedlab.models.contract.base import QuietContext
from embedlab.models.ials.model import Ials, IalsParameters
from embedlab.models.shared.implicit_als.search import DEFAULT_ALPHA0, DEFAULT_L2, SEARCH_FILE
from embedlab.samples.simulated_ratings import TASTES, make_ratings
from tests.models.matrix_factorization.rating_data import rating_split
from tests.models.shared.implicit_als.als_data import two_groups


def train(data, tmp_path, **parameters):
    context = QuietContext(tmp_path, n_threads=2)
    return Ials().train(data, IalsParameters.checked(parameters), context), context


def test_two_groups_that_never_meet_lie_apart(tmp_path):
    result, _ = train(two_groups(), tmp_path, n_factors=2, l2=0.05, alpha0=0.3)
    for name in ("users", "items"):
        embedding = result.embeddings[name]
        units = embedding.unit_vectors
        group = np.array([int(key[1:]) % 2 for key in embedding.keys])
        cosines = units @ units.T
        same = group[:, None] == group
        assert cosines[same].mean() > 0.6
        assert np.abs(cosines[~same]).mean() < 0.1
    # Users and items are in one space.
    items, users = result.embeddings["items"], result.embeddings["users"]
    meets = np.array([int(key[1:]) % 2 for key in users.keys])[:, None] == [int(key[1:]) % 2 for key in items.keys]
    scores = users.vectors @ items.vectors.T
    assert scores[meets].min() > np.abs(scores[~meets]).max()


def simulated_split():
    """Return the positive ratings of the simulated sample, and the true tastes of users and films."""
    made = make_ratings(0, n_users=300)
    user_row = {user.key: row for row, user in enumerate(made.users)}
    film_row = {film.key: row for row, film in enumerate(made.films)}
    users, films, ratings = zip(
        *((user_row[user], film_row[film], rating) for user, film, rating, _ in made.ratings), strict=True
    )
    split = rating_split(users, films, ratings, n_users=len(made.users), n_items=len(made.films))
    split.dataset.feedback = "explicit"
    likings = np.array([[user.likings[taste] for taste in TASTES] for user in made.users])
    tastes = np.array([[film.tastes[taste] for taste in TASTES] for film in made.films])
    return interactions_split(split, 4.0), likings, tastes


def canonical_correlations(one, other):
    """Return the canonical correlations of two sets of columns, highest first."""
    bases = [np.linalg.qr(each - each.mean(axis=0))[0] for each in (one, other)]
    return np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)


def test_the_planted_tastes_are_recovered(tmp_path):
    split, likings, tastes = simulated_split()
    result, _ = train(split.without_test(), tmp_path, n_factors=8, alpha0=0.1, l2=0.03)
    for name, truth in (("users", likings), ("items", tastes)):
        embedding = result.embeddings[name]
        rows = [int(key[1:]) for key in embedding.keys]
        found = canonical_correlations(embedding.vectors, truth[rows])
        by_chance = canonical_correlations(np.random.default_rng(0).normal(size=embedding.vectors.shape), truth[rows])
        assert found[:4].min() > 0.6, name
        assert found[:4].mean() > 2 * by_chance[:4].mean()


def test_the_parts_of_the_loss_and_the_validation_scores_are_recorded(tmp_path):
    result, context = train(two_groups(), tmp_path, n_factors=4, epochs=5, l2=0.01, alpha0=0.3)
    first, refit = context.history[:5], context.history[5:]
    assert len(refit) == 5
    for each in first:
        assert each["loss"] == pytest.approx(each["loss_observed"] + each["loss_all_pairs"] + each["loss_l2"])
        assert 0 <= each["validation_ndcg@10"] <= 1
    losses = [each["loss"] for each in first]
    assert losses == sorted(losses, reverse=True)
    assert all(set(each) == {"epoch", "refit_loss"} for each in refit)
    assert result.scores["n_refit_epochs"] == 5


def test_the_chosen_values_are_the_best_of_the_search_file(tmp_path):
    result, _ = train(two_groups(), tmp_path, n_factors=4, epochs=2)
    lines = [line.split(",") for line in result.texts[SEARCH_FILE].splitlines()]
    assert float(lines[1][0]) == pytest.approx(result.scores["l2"], rel=1e-4)
    assert float(lines[1][1]) == pytest.approx(result.scores["alpha0"], rel=1e-4)
    qualities = [float(each[2]) for each in lines[1:]]
    assert qualities[0] == max(qualities)


def test_folding_in_a_trained_user_gives_their_recommendations(tmp_path):
    data = two_groups()
    result, _ = train(data, tmp_path, n_factors=4, l2=0.01, alpha0=0.3)
    (ranker,) = result.abilities
    mine = data.known.users == 3
    folded = ranker.fold_in(data.known.items[mine], data.known.weights[mine])
    np.testing.assert_allclose(folded.scores, ranker.scores(np.array([3], np.int32))[0], atol=1e-4)


def test_counts_weigh_more(tmp_path):
    """A film that was played often has a score nearer to 1 than one that was played once, all else equal."""
    data = two_groups()
    often = data.train.items % 4 == 0
    weights = np.where(often, 10, 1).astype(np.float32)
    train_part = type(data.train)(data.train.users, data.train.items, weights)
    weighted = type(data)(data.dataset, train_part, type(data.train).empty(), data.test, data.rated, data.positive_from)
    result, _ = train(weighted, tmp_path, n_factors=4, l2=0.1, alpha0=0.3, refit=False)
    (ranker,) = result.abilities
    scores = ranker.scores(np.arange(data.shape[0], dtype=np.int32))
    errors = np.abs(1 - scores[train_part.users, train_part.items])
    assert errors[often].mean() < 0.7 * errors[~often].mean()


@pytest.mark.parametrize(
    ("values", "block"),
    [
        pytest.param({"n_factors": 64}, 64, id="small"),
        pytest.param({"n_factors": 256}, 64, id="large"),
        pytest.param({"n_factors": 256, "solver": "cholesky"}, 256, id="cholesky"),
        pytest.param({"n_factors": 48, "solver": "blocks"}, 48, id="blocks"),
        pytest.param({"n_factors": 48, "solver": "blocks", "block_size": 16}, 16, id="small-blocks"),
    ],
)
def test_large_vectors_are_solved_in_blocks(values, block):
    assert IalsParameters.checked(values).block == block


def test_a_user_without_positive_ratings_is_not_in_the_embedding(tmp_path):
    split = rating_split([0, 0, 1, 1, 2, 2] * 5, list(range(6)) * 5, [5, 5, 1, 1, 5, 5] * 5, n_users=3, n_items=6)
    split.dataset.feedback = "explicit"
    assert isinstance(split.train, Ratings)
    result, _ = train(interactions_split(split, 4.0).without_test(), tmp_path, n_factors=2, l2=0.01, alpha0=0.3)
    assert list(result.embeddings["users"].keys) == ["u0", "u2"]


def part_of(interactions, is_chosen):
    rows = np.flatnonzero(is_chosen)
    return type(interactions)(interactions.users[rows], interactions.items[rows], interactions.weights[rows])


def test_held_out_users_are_folded_in_to_choose_the_settings(tmp_path):
    data = two_groups()
    everything = data.known
    is_held_out = everything.users >= 30
    is_given = np.arange(len(everything)) % 2 == 0
    given = part_of(everything, is_held_out & is_given)
    rated = Ratings(given.users, given.items, np.full(len(given), 5, np.float32))
    data = replace(
        data,
        train=part_of(everything, ~is_held_out),
        validation_history=given,
        validation=part_of(everything, is_held_out & ~is_given),
        rated=replace(data.rated, train=Ratings.empty(), validation=Ratings.empty(), validation_history=rated),
    )
    result, context = train(data, tmp_path, n_factors=2, epochs=3, alpha0=0.3)
    # Their items are those of their group, half of all.
    assert context.history[2]["validation_recall@20"] > 0.9
    assert len(result.texts[SEARCH_FILE].splitlines()) > 3
    # After the choice, the model learns from all that is known of them.
    assert set(result.embeddings["users"].keys) == {f"u{row}" for row in range(40)}


def test_without_a_validation_part_the_settings_are_defaults_and_there_is_no_refit(tmp_path):
    data = two_groups()
    result, context = train(replace(data, validation=type(data.train).empty()), tmp_path, n_factors=2, epochs=3)
    assert len(context.history) == 3
    assert set(result.scores) == {"l2", "alpha0"}
    assert (result.scores["l2"], result.scores["alpha0"]) == (DEFAULT_L2, DEFAULT_ALPHA0)
