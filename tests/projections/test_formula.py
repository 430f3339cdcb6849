"""Maps with axes that the user writes."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import NotFoundError, ParameterError
from embedlab.projections.context import ProjectionContext
from embedlab.projections.formula import Formula, FormulaParameters
from embedlab.projections.neighbor_graph import metric_points
from embedlab.projections.pca import pca

VECTORS = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
KEYS = [f"k{row}" for row in range(30)]


def fit(n_components=2, **axes):
    context = ProjectionContext(n_components, keys=KEYS, labels=[f"Label {row}" for row in range(30)])
    return Formula().fit(VECTORS, FormulaParameters.checked(axes), context)


def test_a_coordinate_is_the_cosine_with_the_direction():
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    direction = unit[1] - unit[2]
    expected = unit @ (direction / np.linalg.norm(direction))
    result = fit(x="k1 - k2", y="k3")
    np.testing.assert_allclose(result.coordinates[:, 0], expected, atol=1e-6)
    np.testing.assert_allclose(result.coordinates[:, 1], unit @ unit[3], atol=1e-6)
    assert result.facts["axes"] == ["k1 - k2", "k3"]


def test_without_formulas_the_map_is_the_pca_of_the_unit_vectors():
    expected = pca(metric_points(VECTORS, "cosine"), 3)[0]
    np.testing.assert_allclose(fit(3).coordinates, expected, atol=1e-6)


def test_open_axes_show_what_the_formula_leaves():
    placed = fit(x="k1").coordinates
    moved = VECTORS + np.outer(np.linspace(0, 3, 30), VECTORS[1])
    unit = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    assert np.isfinite(placed).all()
    assert placed[:, 1].std() > 0
    # Along the written direction nothing is left for the other axis.
    axis = unit @ (VECTORS[1] / np.linalg.norm(VECTORS[1]))
    assert axis.std() > 0


def test_a_label_names_its_key():
    np.testing.assert_array_equal(fit(x='"Label 4"', y="k5").coordinates, fit(x="k4", y="k5").coordinates)


def test_an_unknown_key_is_refused_with_close_names():
    with pytest.raises(NotFoundError, match="k1"):
        fit(x="k1x")


def test_a_formula_that_does_not_parse_is_refused_before_anything_starts():
    with pytest.raises(ParameterError, match="x: "):
        FormulaParameters.checked({"x": "a +"})


def test_the_formulas_name_the_map():
    assert Formula().settings_text({"x": "she - he", "y": "", "z": ""}) == "she - he"
