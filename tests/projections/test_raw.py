"""Maps of the vectors' own dimensions."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import ParameterError
from embedlab.projections.context import ProjectionContext
from embedlab.projections.raw import Raw, RawParameters

VECTORS = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)


def test_coordinates_are_the_dimensions_themselves():
    result = Raw().fit(VECTORS, RawParameters(x=3, y=0), ProjectionContext(2))
    np.testing.assert_array_equal(result.coordinates, VECTORS[:, [3, 0]])
    assert result.facts["axes"] == ["dimension 3", "dimension 0"]


def test_a_dimension_that_does_not_exist_is_refused():
    with pytest.raises(ParameterError, match="0 to 3"):
        Raw().fit(VECTORS, RawParameters(x=4), ProjectionContext(2))


def test_vectors_with_fewer_dimensions_than_the_map_are_flat():
    placed = Raw().fit(VECTORS[:, :1], RawParameters(), ProjectionContext(3)).coordinates
    np.testing.assert_array_equal(placed, np.column_stack([VECTORS[:, 0], np.zeros((12, 2))]))


def test_a_new_vector_has_its_own_dimensions_as_its_place():
    placed = Raw().fit(VECTORS, RawParameters(x=2, y=1), ProjectionContext(2)).coordinates
    placer = Raw().placer(VECTORS, placed)
    assert placer is not None
    place = placer.place(Embedding(VECTORS, [str(row) for row in range(12)]), placed, np.array([1.0, 2.0, 3.0, 4.0]))
    assert place.how == "exact"
    np.testing.assert_allclose(place.coordinates, [3.0, 2.0])


def test_the_dimensions_name_the_map():
    assert Raw().settings_text({"x": 3, "y": 0}) == "dimensions 3, 0, 2"


def test_a_dimension_that_does_not_exist_is_refused_before_anything_starts():
    embedding = Embedding(VECTORS, [str(row) for row in range(12)])
    with pytest.raises(ParameterError, match="0 to 3"):
        Raw().check(RawParameters(y=4), 2, lambda: embedding)
    Raw().check(RawParameters(z=4), 2, lambda: embedding)
