from __future__ import annotations

import runpy

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.ratings.interactions import Interactions
from embedlab.models.content.model import Content, ContentParameters, mean_vectors
from embedlab.models.contract.base import QuietContext
from embedlab.tasks.ranking import interactions_table, with_item_columns
from tests.models.shared.implicit_als.als_data import two_groups

N_ITEMS = 30
DESCRIBED = ("label", "genres", "year", "plot")
GENRES = [("Comedy|Romance", "War|History")[row % 2] for row in range(N_ITEMS)]


def train(data, tmp_path, **parameters):
    chosen = ContentParameters.checked({"vector_size": 4, "title_words": False, **parameters})
    return Content().train(data, chosen, QuietContext(tmp_path))


def test_items_with_the_same_genres_are_near_and_recommended(tmp_path):
    result = train(two_groups(genres=GENRES), tmp_path)
    items = result.embeddings["items"]
    group = np.array([int(key[1:]) % 2 for key in items.keys])
    cosines = items.unit_vectors @ items.unit_vectors.T
    same = group[:, None] == group
    assert cosines[same].min() > 0.9
    assert cosines[~same].max() < 0.1
    scores = result.abilities[0].scores(np.arange(40, dtype=np.int32))
    meets = np.arange(40)[:, None] % 2 == np.arange(N_ITEMS) % 2
    assert scores[meets].min() > scores[~meets].max()


def test_items_that_nobody_chose_have_a_place_and_can_be_recommended(tmp_path):
    data = two_groups(genres=GENRES)
    rows = np.flatnonzero(data.train.items != 4)
    train_part = Interactions(data.train.users[rows], data.train.items[rows], data.train.weights[rows])
    data = type(data)(data.dataset, train_part, Interactions.empty(), data.test, data.rated, data.positive_from)
    result = train(data, tmp_path)
    items = result.embeddings["items"]
    cosines = items.unit_vectors @ items.unit_vectors[items.index("i4")]
    assert (cosines > 0.9).tolist() == [int(key[1:]) % 2 == 0 for key in items.keys]
    scores = result.abilities[0].scores(np.array([0, 1], np.int32))[:, 4]
    assert scores[0] > 0.5 > scores[1]


def unrated_items(*genres):
    keys = [f"new{row}" for row in range(len(genres))]
    return pd.DataFrame({"key": keys, "label": keys, "count": 0, "genres": genres})


def test_unrated_items_are_among_items_of_their_genre_and_change_nothing_else(tmp_path):
    alone = train(two_groups(genres=GENRES), tmp_path)
    result = train(two_groups(genres=GENRES, unrated=unrated_items("Comedy|Romance", "War|History", "Opera")), tmp_path)
    items = result.embeddings["items"]
    # Nothing is known of a genre that no rated item has.
    assert items.keys[N_ITEMS:] == ["new0", "new1"]
    assert items.metadata["count"].tolist()[N_ITEMS:] == [0, 0]
    group = np.arange(N_ITEMS) % 2
    for place, own in ((N_ITEMS, 0), (N_ITEMS + 1, 1)):
        cosines = items.unit_vectors[:N_ITEMS] @ items.unit_vectors[place]
        assert cosines[group == own].min() > 0.9
        assert cosines[group != own].max() < 0.1
    np.testing.assert_array_equal(items.vectors[:N_ITEMS], alone.embeddings["items"].vectors)
    assert len(result.abilities[0].item_vectors) == N_ITEMS


def test_the_words_of_titles_count_if_chosen(tmp_path):
    titles = [("Night of rivers", "Desert moon")[row // 15] + f" {row}" for row in range(N_ITEMS)]
    data = two_groups(genres=GENRES, label=titles)
    plain = train(data, tmp_path, title_words=False).embeddings["items"].unit_vectors
    with_titles = train(data, tmp_path, title_words=True).embeddings["items"].unit_vectors
    first, second = 0, 20
    assert plain[first] @ plain[second] == pytest.approx(1, abs=1e-5)
    assert with_titles[first] @ with_titles[second] < 0.9


def test_users_are_weighted_means_and_reasons_add_up(tmp_path):
    result = train(two_groups(genres=GENRES), tmp_path)
    (ranker,) = result.abilities
    items, values = np.array([0, 1, 3], np.int32), np.array([1, 2, 1], np.float32)
    vectors = ranker.item_vectors
    folded = ranker.fold_in(items, values)
    np.testing.assert_allclose(folded.vector, (vectors[0] + 2 * vectors[1] + vectors[3]) / 4, rtol=1e-6)
    for target in (0, 5):
        reasons = ranker.reasons(items, values, target)
        assert reasons.score == pytest.approx(folded.scores[target], abs=1e-6)
    # The two items of the other genre explain the recommendation of a third one.
    contributions = ranker.reasons(items, values, 5).contributions
    assert contributions[1] == pytest.approx(2 * contributions[2], rel=1e-5)
    assert abs(contributions[0]) < 0.05 * contributions[2]


def test_items_without_a_description_do_not_count_and_are_not_recommended(tmp_path):
    data = two_groups(genres=[*GENRES[:-2], "", ""])
    result = train(data, tmp_path)
    (ranker,) = result.abilities
    assert set(result.embeddings["items"].keys) == {f"i{row}" for row in range(28)}
    assert result.scores["items_left_out"] == 2
    items = np.array([0, 29], np.int32)
    folded = ranker.fold_in(items, np.ones(2, np.float32))
    np.testing.assert_allclose(folded.vector, ranker.item_vectors[0], rtol=1e-6)
    assert np.isneginf(folded.scores[28:]).all()
    assert ranker.reasons(items, np.ones(2, np.float32), 29).score == -np.inf
    assert ranker.reasons(items, np.ones(2, np.float32), 0).contributions[1] == 0


def test_the_means_of_the_training_are_those_of_folding_in(tmp_path):
    data = two_groups(genres=[*GENRES[:-2], "", ""])
    (ranker,) = train(data, tmp_path).abilities
    vectors = mean_vectors(data.known, ranker.item_vectors, data.shape)
    for user in (0, 5, 29):
        mine = data.known.users == user
        folded = ranker.fold_in(data.known.items[mine], data.known.weights[mine])
        np.testing.assert_allclose(folded.vector, vectors[user], atol=1e-6)


@pytest.mark.parametrize(
    "columns", [pytest.param({"genres": "", "label": ""}, id="empty"), pytest.param({"genres": "Drama"}, id="equal")]
)
def test_items_without_descriptions_are_refused_with_a_remedy(columns, tmp_path):
    with pytest.raises(InputError, match="no descriptions") as refused:
        train(two_groups(**columns), tmp_path)
    assert "genres" in str(refused.value.remedy)


def test_the_exported_script_gives_the_same_similarities(tmp_path, monkeypatch, capsys):
    titles = [("Night of rivers", "Desert moon")[row // 15] + f" {row}" for row in range(N_ITEMS)]
    years = [1990.0 + row if row % 4 else np.nan for row in range(N_ITEMS)]
    plots = [f"a {('quiet', 'loud', 'strange')[row % 3]} story of place {row}" for row in range(N_ITEMS)]
    data = two_groups(genres=GENRES, label=titles, year=years, plot=plots)
    result = train(data, tmp_path, title_words=True)
    table = with_item_columns(interactions_table(data), data.dataset.items)
    assert set(table.columns) == {"user", "item", "weight", "part", *(f"item_{name}" for name in DESCRIBED)}
    # Each item is described once.
    assert table["item_label"].notna().sum() == table["item"].nunique()
    table.to_csv(tmp_path / "interactions.csv", index=False)
    parameters = ContentParameters(vector_size=4, title_words=True)
    (tmp_path / "train.py").write_text(Content().script(parameters, "interactions.csv"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("train.py")
    assert "Recommended to" in capsys.readouterr().out
    exported = np.load("vectors.npz", allow_pickle=False)
    items = result.embeddings["items"]
    order = [items.index(key) for key in exported["items"]]
    ours, theirs = items.unit_vectors[order], exported["item_vectors"]
    np.testing.assert_allclose(theirs @ theirs.T, ours @ ours.T, atol=1e-3)
    users = result.embeddings["users"]
    ours = users.vectors[[users.index(key) for key in exported["users"]]]
    np.testing.assert_allclose(exported["user_vectors"] @ theirs.T, ours @ items.vectors[order].T, atol=1e-3)
