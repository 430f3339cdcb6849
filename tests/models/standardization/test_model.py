"""Standardization as a model: nothing is lost, and columns are described by their correlations."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.models.standardization.model import Standardization, StandardizationParameters
from tests.models.dense_data import planted, quiet, split_of


def test_rows_are_standardized_and_reconstructed_exactly(tmp_path):
    matrix = planted()
    result = Standardization().train(split_of(matrix), StandardizationParameters(), quiet(tmp_path))
    rows = result.embeddings["rows"].vectors
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(rows.std(axis=0), 1, atol=1e-5)
    np.testing.assert_allclose(result.embeddings["columns"].vectors, np.corrcoef(matrix.T), atol=1e-4)
    np.testing.assert_allclose(result.abilities[0].reconstruct(matrix), matrix, rtol=1e-4, atol=1e-5)


def test_constant_columns_and_missing_values_are_in_the_log(tmp_path):
    matrix = planted(n_columns=3)
    matrix[:, 1], matrix[4, 2] = 7, np.nan
    context = quiet(tmp_path)
    result = Standardization().train(split_of(matrix), StandardizationParameters(), context)
    assert any("1 columns have one value" in line and "c1" in line for line in context.lines)
    assert any("1 missing or infinite values" in line for line in context.lines)
    assert result.embeddings["columns"].metadata["missing"].tolist() == [0, 0, 1]
    assert (result.embeddings["rows"].vectors[:, 1] == 0).all()


@pytest.mark.parametrize("factor", [1e-250, 1e250], ids=["tiny", "huge"])
def test_numbers_that_cannot_be_standardized_are_refused(tmp_path, factor):
    with pytest.raises(InputError, match="No numeric column has two different values"):
        Standardization().train(split_of(planted() * factor), StandardizationParameters(), quiet(tmp_path))
