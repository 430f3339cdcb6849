"""Training of item neighbors: settings that are chosen, and settings that are given."""

from __future__ import annotations

from embedlab.models.contract.base import QuietContext
from embedlab.models.item_knn.model import NEIGHBORS, WEIGHTINGS, ItemKnn, ItemKnnParameters
from tests.models.ranking_data import choices_split, random_choices


def train(tmp_path, shares=(0.2, 0.2), **parameters):
    context = QuietContext(tmp_path)
    split = choices_split(random_choices(60, 20), shares=shares)
    return ItemKnn().train(split, ItemKnnParameters(**parameters), context), context


def test_settings_left_empty_are_chosen_on_the_validation_part(tmp_path):
    result, context = train(tmp_path)
    assert len(context.lines) == len(WEIGHTINGS) * len(NEIGHBORS)
    assert result.scores["weighting"] in WEIGHTINGS
    assert result.scores["n_neighbors"] in NEIGHBORS


def test_given_settings_are_used(tmp_path):
    result, context = train(tmp_path, weighting="bm25", n_neighbors=3)
    assert (result.scores["weighting"], result.scores["n_neighbors"]) == ("bm25", 3)
    assert len(context.lines) == 1


def test_without_a_validation_part_the_usual_settings_are_used(tmp_path):
    result, _ = train(tmp_path, shares=(0.0, 0.2))
    assert result.scores == {"weighting": "tf-idf", "n_neighbors": 100}
