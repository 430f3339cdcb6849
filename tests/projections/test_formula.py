"""Maps with axes that the user writes."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError, ParameterError
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


@pytest.mark.parametrize("axes", [{"x": "k1 - k2", "y": "k3"}, {"x": "k1"}], ids=["written", "one-open"])
def test_new_vectors_are_placed_by_their_cosine(axes):
    coordinates = fit(**axes).coordinates
    embedding = Embedding(VECTORS, KEYS)
    placer = Formula().placer(VECTORS, coordinates)
    # The length of a vector does not matter.
    found = placer.place(embedding, coordinates, 7 * VECTORS[5])
    assert found.how == "exact"
    np.testing.assert_allclose(found.coordinates, coordinates[5], atol=1e-5)
    new = np.array([1.0, -2, 0, 1, 3])
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    direction = unit[1] - unit[2] if "y" in axes else unit[1]
    cosine = new @ direction / np.linalg.norm(new) / np.linalg.norm(direction)
    assert placer.place(embedding, coordinates, new).coordinates[0] == pytest.approx(cosine, abs=1e-5)


def test_points_of_another_map_have_no_axes_to_recover():
    other = np.random.default_rng(1).normal(size=(30, 2)).astype(np.float32)
    assert Formula().placer(VECTORS, other).place(Embedding(VECTORS, KEYS), other, VECTORS[5] + 0.1).how == "amid"


TITLES = ["Toy Story (1995)", "Alien (1979)", "Emma (1996)", "Emma (1996)"]


def fit_titles(x):
    context = ProjectionContext(2, keys=["1", "2", "3", "4"], labels=TITLES)
    return Formula().fit(VECTORS[:4], FormulaParameters.checked({"x": x}), context)


def test_close_names_are_labels_as_a_formula_needs_them():
    with pytest.raises(NotFoundError) as caught:
        fit_titles('"toy stry"')
    assert caught.value.remedy.startswith('Close names: "Toy Story (1995)"')
    assert caught.value.remedy.count("Emma") <= 1


def test_a_label_of_several_keys_is_refused_with_the_keys():
    with pytest.raises(NotFoundError, match="Several keys have this label") as caught:
        fit_titles('"Emma (1996)" - "Alien (1979)"')
    assert "3, 4" in caught.value.remedy


def test_a_formula_that_does_not_parse_is_refused_before_anything_starts():
    with pytest.raises(ParameterError, match="x: "):
        FormulaParameters.checked({"x": "a +"})


def test_the_formulas_name_the_map():
    assert Formula().settings_text({"x": "she - he", "y": "", "z": ""}) == "she - he"


def test_one_formula_can_be_a_strip_whose_other_axis_means_nothing():
    one = fit(x="k1 - k2", rest="spread")
    np.testing.assert_array_equal(one.coordinates[:, 0], fit(x="k1 - k2", y="k3").coordinates[:, 0])
    extent = np.ptp(one.coordinates[:, 0])
    assert 0 < np.abs(one.coordinates[:, 1]).max() <= 0.25 * extent
    assert one.facts["axes"] == ["k1 - k2", "spread, means nothing"]
    assert one.facts["axis_ends"] == [["k2", "k1"], None]
    assert fit(x="k1 - k2", rest="spread").coordinates.tobytes() == one.coordinates.tobytes()
    in_space = fit(3, y="k1", rest="spread")
    assert in_space.facts["axes"] == ["spread, means nothing", "k1", "spread, means nothing"]
    assert not np.array_equal(in_space.coordinates[:, 0], in_space.coordinates[:, 2])


@pytest.mark.parametrize(
    ("axes", "error", "message"),
    [
        pytest.param({"x": "k1 - nobody"}, NotFoundError, "does not have this key", id="unknown-key"),
        pytest.param({"x": "k1 - k1"}, InputError, "cancel each other", id="no-direction"),
        pytest.param({"x": "k1", "y": "__import__(os)"}, ParameterError, "cannot be understood", id="code"),
    ],
)
def test_a_formula_is_refused_before_anything_starts(axes, error, message):
    embedding = Embedding(VECTORS, KEYS)
    with pytest.raises(error, match=message):
        Formula().check(FormulaParameters.checked(axes), 2, lambda: embedding)
    Formula().check(FormulaParameters.checked({"x": "k1 - k2", "z": "nobody"}), 2, lambda: embedding)


def test_what_a_formula_leaves_unused_is_said():
    assert Formula().notes(30, 2, FormulaParameters(z="k1")) == ["The formula of the Z axis is used in 3-D only."]
    assert Formula().notes(30, 3, FormulaParameters(z="k1")) == []


def test_a_map_has_a_short_name():
    assert len(Formula().settings_text({"x": "a + " * 500 + "b", "rest": "spread"})) < 80
