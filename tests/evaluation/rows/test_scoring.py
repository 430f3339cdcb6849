"""Scores of predicted targets with known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.evaluation.rows.places import compare_with_map, procrustes_r2
from embedlab.evaluation.rows.scoring import score_classes, score_numbers
from embedlab.kinds.table import Target

RNG = np.random.default_rng(0)


def test_r2_is_on_the_scale_of_the_model_and_errors_are_in_original_units() -> None:
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    truth = RNG.normal(3, 1, 200)
    own, constant = truth + RNG.normal(0, 0.3, 200), np.full(200, truth.mean())
    scores = score_numbers(truth, own, {"constant": constant}, Target("price", 0, "number", is_log=True))
    assert scores["test_r2"] == pytest.approx(r2_score(truth, own))
    assert scores["test_rmse"] == pytest.approx(root_mean_squared_error(np.exp(truth), np.exp(own)))
    assert scores["test_mae"] == pytest.approx(mean_absolute_error(np.exp(truth), np.exp(own)))
    assert scores["baselines"]["constant"]["test_r2"] == pytest.approx(0, abs=1e-9)
    low, high = scores["intervals"]["test_r2"]
    assert low < scores["test_r2"] < high < 1
    assert scores["differences"]["constant"]["test_r2"]["low"] > 0.5


def test_classes_are_scored_with_the_share_of_right_ones() -> None:
    truth = np.array([0, 0, 0, 1, 1, 2])
    probabilities = np.eye(3)[[0, 0, 1, 1, 1, 0]]
    scores = score_classes(truth, probabilities, {"constant": np.zeros(6, np.int64)}, ["a", "b", "c"])
    assert scores["test_accuracy"] == pytest.approx(4 / 6)
    assert scores["baselines"]["constant"]["test_accuracy"] == 0.5
    assert scores["confusion"]["counts"] == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]


def test_a_rotated_and_scaled_map_is_explained_wholly_and_noise_hardly() -> None:
    places = RNG.normal(size=(40, 2))
    turned = 3 * places @ np.array([[0.6, -0.8], [0.8, 0.6]]) + 5
    assert procrustes_r2(turned, places) == pytest.approx(1)
    assert procrustes_r2(RNG.normal(size=(40, 2)), places) < 0.3
    assert procrustes_r2(np.zeros((40, 2)), places) == 0


def test_the_map_is_found_by_the_names_of_its_columns() -> None:
    # At the equator a degree of longitude is as long as one of latitude.
    places = RNG.normal(0, 0.01, size=(30, 2))
    metadata = pd.DataFrame({"count": 1, "Latitude": places[:, 0], "lng": places[:, 1], "effect": 0.5})
    embedding = Embedding(places.astype(np.float32), [str(row) for row in range(30)], metadata=metadata)
    found = compare_with_map(embedding)
    assert found is not None
    assert found["columns"] == ["Latitude", "lng"]
    assert found["r2"] == pytest.approx(1, abs=1e-4)
    assert found["p"] < 0.05
    np.testing.assert_allclose(found["points"][3]["learned"], found["points"][3]["place"], atol=1e-4)
    assert compare_with_map(Embedding(places.astype(np.float32), embedding.keys)) is None
