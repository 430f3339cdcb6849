"""Training of RP3beta: settings that are chosen, and settings that are given."""

from __future__ import annotations

import numpy as np

from embedlab.models.contract.base import QuietContext
from embedlab.models.rp3beta.model import ALPHAS, BETAS, NEIGHBORS, Rp3Beta, Rp3BetaParameters
from tests.models.ranking_data import choices_split, random_choices


def train(tmp_path, shares=(0.2, 0.2), **parameters):
    context = QuietContext(tmp_path)
    split = choices_split(random_choices(60, 20), shares=shares)
    return Rp3Beta().train(split, Rp3BetaParameters(**parameters), context), context


def test_settings_left_empty_are_chosen_on_the_validation_part(tmp_path):
    result, context = train(tmp_path)
    assert len(context.lines) == len(ALPHAS) * len(BETAS) + len(NEIGHBORS)
    assert result.scores["alpha"] in ALPHAS
    assert result.scores["beta"] in BETAS
    assert result.scores["n_neighbors"] in NEIGHBORS


def test_given_settings_are_used_even_when_they_are_zero(tmp_path):
    result, context = train(tmp_path, alpha=0.0, beta=0.0, n_neighbors=3)
    assert (result.scores["alpha"], result.scores["beta"], result.scores["n_neighbors"]) == (0.0, 0.0, 3)
    assert len(context.lines) == 1
    assert np.diff(result.abilities[0].weights.indptr).max() <= 3


def test_given_settings_are_used_without_a_validation_part(tmp_path):
    result, _ = train(tmp_path, shares=(0.0, 0.2), alpha=0.0, beta=0.0)
    assert result.scores == {"alpha": 0.0, "beta": 0.0, "n_neighbors": 200}
