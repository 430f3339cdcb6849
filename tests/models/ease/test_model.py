"""Training of EASE: the choice of its regularization, its vectors, and the memory it needs."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.models.contract.base import QuietContext
from embedlab.models.ease import model as ease_model
from embedlab.models.ease.model import L2_CANDIDATES, Ease, EaseParameters
from tests.models.ranking_data import choices_split, random_choices

COUNTS = {"ratings": 1e6, "users": 1e4, "items": 5e4}


def train(split, tmp_path, **parameters):
    context = QuietContext(tmp_path)
    return Ease().train(split, EaseParameters(**parameters), context), context


def test_the_strength_is_chosen_on_the_validation_part_and_logged(tmp_path):
    split = choices_split(random_choices(60, 20), shares=(0.2, 0.2))
    result, context = train(split, tmp_path)
    assert result.scores["l2"] in L2_CANDIDATES
    assert len(context.lines) == len(L2_CANDIDATES)
    values = [float(line.rsplit(" ", 1)[1]) for line in context.lines]
    assert result.scores["validation_ndcg@10"] == pytest.approx(max(values), abs=1e-4)
    # Strengths and scores have no common axis, and a choice has no epochs.
    assert context.history == []


def test_without_a_validation_part_the_usual_strength_is_used(tmp_path):
    result, _ = train(choices_split(random_choices(), shares=(0.0, 0.2)), tmp_path)
    assert result.scores == {"l2": 100.0}


def test_vectors_of_users_and_items_approximate_the_scores(tmp_path):
    chosen = random_choices(40, 15)
    split = choices_split(chosen, shares=(0.0, 0.0))
    result, _ = train(split, tmp_path, vector_size=15, l2=5.0)
    ranker = result.abilities[0]
    users, items = result.embeddings["users"], result.embeddings["items"]
    scores = ranker.scores(np.arange(40, dtype=np.int32))
    np.testing.assert_allclose(users.vectors @ items.vectors.T, scores, atol=1e-4)
    history = np.flatnonzero(chosen[3]).astype(np.int32)
    folded = ranker.fold_in(history, np.ones(len(history), np.float32))
    np.testing.assert_allclose(folded.vector, users.vectors[users.index("u3")], atol=1e-5)


def test_more_items_than_fit_into_memory_are_refused_with_the_numbers_and_the_remedy(monkeypatch):
    monkeypatch.setattr(ease_model, "memory_limit_mb", lambda: 8000.0)
    error = Ease().refusal(COUNTS, EaseParameters(most_items=50_000), {})
    assert isinstance(error, InputError)
    assert "50,000 items" in error.what
    assert error.received == "15.2 GB, of 8.0 GB"
    assert "most_items" in error.remedy
    assert "rp3beta" in error.remedy
    assert Ease().refusal(COUNTS, EaseParameters(most_items=20_000), {}) is None


def test_a_training_that_does_not_fit_is_refused_before_it_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(ease_model, "memory_limit_mb", lambda: 1.0)
    with pytest.raises(InputError, match="does not fit into memory"):
        train(choices_split(random_choices()), tmp_path)
