"""Standardization in blocks: known values, and columns that cannot be standardized."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from sklearn.preprocessing import RobustScaler, StandardScaler

from embedlab.core.errors import InputError, StorageError
from embedlab.models.shared.dense_rows import split as split_module
from embedlab.models.shared.dense_rows.placer import RowPlacer
from embedlab.models.shared.dense_rows.result import rows_embedding
from embedlab.models.shared.dense_rows.scaling import Scaling, fit_scaling
from tests.models.dense_data import planted, split_of


def test_known_values():
    data = split_of(np.array([[1.0, 10], [2, 10], [3, 10], [6, 10]]))
    scaling = fit_scaling(data, data.known)
    np.testing.assert_allclose(scaling.center, [3, 10])
    np.testing.assert_allclose(scaling.scale, [np.sqrt(3.5), 0])
    np.testing.assert_allclose(scaling.standardize(np.array([[3.0, 99]])), [[0, 0]])
    np.testing.assert_allclose(scaling.restore(scaling.standardize(np.array([[5.0, 99]]))), [[5, 10]], rtol=1e-6)


@pytest.mark.parametrize(
    ("method", "of_sklearn"),
    [
        pytest.param("mean_std", StandardScaler(), id="mean"),
        pytest.param("median_iqr", RobustScaler(unit_variance=True), id="median"),
    ],
)
def test_it_equals_scikit_learn_in_blocks_of_any_size(method, of_sklearn, monkeypatch):
    matrix = planted()
    data = split_of(matrix, n_test=100)
    monkeypatch.setattr(split_module, "_MOST_NUMBERS", 70)
    found = fit_scaling(data, data.known, method).standardize(matrix)
    np.testing.assert_allclose(found, of_sklearn.fit(matrix[:300]).transform(matrix), rtol=1e-3, atol=1e-5)


def test_large_numbers_keep_their_small_differences():
    seconds = 1.7e9 + np.arange(100.0)[:, None]
    data = split_of(seconds)
    found = fit_scaling(data, data.known).standardize(seconds)
    np.testing.assert_allclose(found[:, 0], (np.arange(100) - 49.5) / np.std(np.arange(100)), rtol=1e-5)


def test_missing_infinite_and_huge_numbers_do_not_count():
    matrix = np.array([[1.0, np.nan], [3, np.nan], [np.inf, np.nan], [np.nan, np.nan], [1e300, np.nan]])
    data = split_of(matrix)
    scaling = fit_scaling(data, data.known)
    np.testing.assert_allclose(scaling.center, [2, 0])
    np.testing.assert_allclose(scaling.scale, [1, 0])
    assert scaling.n_missing.tolist() == [3, 5]
    np.testing.assert_allclose(scaling.standardize(matrix), [[-1, 0], [1, 0], [0, 0], [0, 0], [0, 0]])


def test_outliers_do_not_change_the_robust_scale():
    values = np.arange(101.0)[:, None]
    data, spoiled = split_of(values), split_of(np.where(values == 100, 1e9, values))
    np.testing.assert_allclose(
        fit_scaling(data, data.known, "median_iqr").scale, fit_scaling(spoiled, spoiled.known, "median_iqr").scale
    )


def test_a_column_without_a_range_falls_back_to_the_standard_deviation():
    values = np.array([0.0] * 9 + [10])[:, None]
    data = split_of(values)
    np.testing.assert_allclose(fit_scaling(data, data.known, "median_iqr").scale, [3])


@pytest.mark.parametrize(
    "matrix",
    [pytest.param(np.ones((1, 3)), id="one-row"), pytest.param(np.ones((9, 3)), id="constant")],
)
def test_nothing_to_standardize_is_refused(matrix):
    data = split_of(matrix)
    with pytest.raises(InputError):
        fit_scaling(data, data.known)


def test_damaged_arrays_are_refused():
    good = Scaling(np.zeros(2), np.ones(2), np.zeros(2, np.int64)).arrays()
    for spoiled in ({"scale": np.array([1.0, -1])}, {"center": np.zeros(3)}, {"scale": np.array([1.0, np.nan])}):
        with pytest.raises(StorageError):
            Scaling.from_arrays({**good, **spoiled})


def test_a_large_table_is_never_in_memory_twice():
    n_rows, n_columns = 200_000, 10
    data = split_of(np.random.default_rng(0).normal(size=(n_rows, n_columns)).astype(np.float32))
    tracemalloc.start()
    scaling = fit_scaling(data, data.known)
    placer = RowPlacer(tuple(data.columns), scaling, (), (), "linear", np.zeros(n_columns, np.float32))
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    vectors = rows_embedding(data, placer).vectors
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    # The vectors themselves, the rows of one block in a few forms, and nothing that grows with the table.
    assert peak < vectors.nbytes + 6 * 8 * split_module._MOST_NUMBERS
