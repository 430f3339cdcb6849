"""PCA whitening: closed forms, and tables that are small or degenerate."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from embedlab.models.pca_whitening.model import PcaWhitening, PcaWhiteningParameters
from tests.models.dense_data import planted, quiet, split_of


def train(data, folder, **parameters):
    return PcaWhitening().train(data.without_test(), PcaWhiteningParameters(**parameters), quiet(folder))


@pytest.mark.parametrize("scaling", ["mean_std", "median_iqr"])
def test_whitened_vectors_have_the_identity_as_covariance(scaling, tmp_path):
    vectors = train(split_of(planted()), tmp_path, vector_size=7, scaling=scaling).embeddings["rows"].vectors
    np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(np.cov(vectors.T, ddof=0), np.eye(7), atol=1e-3)


def test_it_equals_scikit_learn(tmp_path):
    matrix = planted()
    result = train(split_of(matrix), tmp_path, vector_size=4, whiten=False)
    expected = PCA(4).fit(StandardScaler().fit_transform(matrix))
    found, scores = result.embeddings["rows"].vectors, expected.transform(StandardScaler().fit_transform(matrix))
    np.testing.assert_allclose(np.abs(found), np.abs(scores), atol=1e-3)
    assert result.scores["explained_variance"] == pytest.approx(expected.explained_variance_ratio_.sum(), abs=1e-5)
    restored = result.abilities[0].reconstruct(matrix)
    again = StandardScaler().fit(matrix).inverse_transform(expected.inverse_transform(scores))
    np.testing.assert_allclose(restored / matrix.std(axis=0), again / matrix.std(axis=0), atol=1e-3)


def test_columns_have_their_loadings(tmp_path):
    matrix = planted()
    columns = train(split_of(matrix), tmp_path, vector_size=3).embeddings["columns"]
    standard = StandardScaler().fit_transform(matrix)
    variances, directions = np.linalg.eigh(np.cov(standard.T, ddof=0))
    loadings = (directions * np.sqrt(variances))[:, ::-1][:, :3]
    np.testing.assert_allclose(np.abs(columns.vectors), np.abs(loadings), atol=1e-3)
    assert list(columns.keys) == [f"c{column}" for column in range(10)]


def test_a_share_of_the_variance_chooses_the_components(tmp_path):
    result = train(split_of(planted(noise=0.01)), tmp_path, vector_size=1, explained_share=0.999)
    assert result.embeddings["rows"].vector_size == 3


@pytest.mark.parametrize(
    ("matrix", "n_components"),
    [
        pytest.param(planted(n_columns=4), 4, id="more-components-than-columns"),
        pytest.param(planted(n_rows=5, n_columns=9), 4, id="fewer-rows-than-columns"),
        pytest.param(np.repeat(planted(n_columns=3), 3, axis=1), 3, id="equal-columns"),
        pytest.param(np.tile(planted(n_rows=3, n_columns=5), (20, 1)), 2, id="duplicate-rows"),
        pytest.param(planted(n_columns=1, n_hidden=1), 1, id="one-column"),
    ],
)
def test_there_are_no_more_components_than_directions_that_vary(matrix, n_components, tmp_path):
    result = train(split_of(matrix), tmp_path, vector_size=16)
    assert result.embeddings["rows"].vector_size == n_components
    np.testing.assert_allclose(result.abilities[0].reconstruct(matrix), matrix, rtol=1e-3, atol=1e-3 * matrix.std())


def test_the_test_part_is_encoded_but_not_learned_from(tmp_path):
    matrix = planted()
    spoiled = matrix.copy()
    spoiled[300:] *= 1e6
    first, second = (train(split_of(each, n_test=100), tmp_path, vector_size=3) for each in (matrix, spoiled))
    np.testing.assert_array_equal(first.embeddings["rows"].vectors[:300], second.embeddings["rows"].vectors[:300])
    assert len(first.embeddings["rows"].keys) == 400
