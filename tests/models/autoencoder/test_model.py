"""The autoencoder: a linear one is PCA, and one with hidden layers finds a curve that PCA cannot."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import subspace_angles

from embedlab.models.autoencoder.model import Autoencoder, AutoencoderParameters
from embedlab.models.pca_whitening.model import PcaWhitening, PcaWhiteningParameters
from embedlab.models.shared.dense_rows.result import squared_errors
from tests.models.dense_data import planted, quiet, split_of


@pytest.fixture(scope="module")
def linear(tmp_path_factory):
    data = split_of(planted(n_rows=600, noise=1.0), n_validation=100, n_test=100)
    preset = Autoencoder().presets()["linear (equals PCA)"]
    parameters = AutoencoderParameters(**{**preset, "vector_size": 3, "batch_size": 32})
    context = quiet(tmp_path_factory.mktemp("linear"))
    return data, Autoencoder().train(data.without_test(), parameters, context), context


def test_a_linear_autoencoder_is_pca(linear, tmp_path):
    data, result, _ = linear
    of_pca = PcaWhitening().train(data.without_test(), PcaWhiteningParameters(vector_size=3), quiet(tmp_path))
    placer, pca = result.abilities[0], of_pca.abilities[0]
    spaces = (each.decoder[0].kernel.T.astype(np.float64) for each in (placer, pca))
    assert np.degrees(subspace_angles(*spaces)).max() < 3
    for rows in (data.known, data.test):
        assert squared_errors(data, rows, placer)[0] == pytest.approx(squared_errors(data, rows, pca)[0], rel=0.01)


def test_the_codes_are_centered_and_the_columns_have_loadings(linear):
    data, result, context = linear
    known = result.embeddings["rows"].vectors[data.known]
    np.testing.assert_allclose(known.mean(axis=0), 0, atol=1e-4)
    columns = result.embeddings["columns"]
    standard = result.abilities[0].scaling.standardize(data.values.rows(data.known))
    assert columns.vectors[4, 1] == pytest.approx(np.corrcoef(standard[:, 4], known[:, 1])[0, 1], abs=1e-4)
    assert context.history[0]["train_mse"] > context.history[-1]["refit_loss"]


def test_hidden_layers_find_a_curve_that_pca_cannot(tmp_path):
    angle = np.random.default_rng(0).uniform(0, np.pi, 400)
    curve = np.column_stack([np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)])
    data = split_of(curve, n_validation=50, n_test=100)
    parameters = AutoencoderParameters(vector_size=1, first_units=32, epochs=60, batch_size=32, refit=False)
    result = Autoencoder().train(data.without_test(), parameters, quiet(tmp_path))
    of_pca = PcaWhitening().train(data.without_test(), PcaWhiteningParameters(vector_size=1), quiet(tmp_path))
    errors = [squared_errors(data, data.test, each.abilities[0])[0] for each in (result, of_pca)]
    assert errors[0] < 0.3 * errors[1]


def test_missing_values_are_not_reconstructed(tmp_path):
    matrix = planted(n_rows=200, n_columns=5)
    matrix[::2, 3] = np.nan
    data = split_of(matrix, n_validation=40)
    parameters = AutoencoderParameters(vector_size=3, first_units=0, epochs=40, noise=0.05, refit=False)
    result = Autoencoder().train(data, parameters, quiet(tmp_path))
    restored = result.abilities[0].reconstruct(matrix)[1::2, 3]
    assert np.corrcoef(restored, matrix[1::2, 3])[0, 1] > 0.9


def test_the_network_is_drawn_as_it_is_built(linear):
    parameters = AutoencoderParameters(vector_size=3, first_units=7, second_units=5)
    layers = Autoencoder().network({"rows": 10, "numbers": 10}, parameters)
    assert [layer.output_shape[1] for layer in layers] == [10, 7, 5, 3, 5, 7, 10]
    assert "code (Dense)" in linear[1].texts["summary.txt"]
