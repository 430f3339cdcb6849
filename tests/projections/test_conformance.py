"""What every projection method keeps, whatever it does; a new method is tested here by being registered."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from embedlab.core.errors import CancelledError, InputError, ParameterError
from embedlab.projections.base import ProjectionMethod
from embedlab.projections.context import ProjectionContext
from embedlab.projections.points import Coordinates
from embedlab.projections.registry import METHODS, register
from tests.projections.test_toy_method import RawAxes

Method = ProjectionMethod[Any]

ALL = [
    pytest.param(
        known,
        id=known.name,
        marks=pytest.mark.skipif(not known.is_installed(), reason=f"{known.package} is not installed"),
    )
    for known in (*METHODS.values(), RawAxes())
]
pytestmark = pytest.mark.parametrize("method", ALL)


class Watched(ProjectionContext):
    """A context that remembers what a method itself has told."""

    def __init__(self, n_components: int) -> None:
        super().__init__(n_components)
        self.told: list[float] = []

    def report(self, share_done: float, stage: str) -> None:
        self.told.append(share_done)
        assert stage
        super().report(share_done, stage)


def vectors_of(n_points: int = 40, vector_size: int = 6, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(n_points, vector_size)).astype(np.float32)
    # As they come from a file.
    vectors.flags.writeable = False
    return vectors


def fitted(method: Method, vectors: np.ndarray, **options: Any) -> Coordinates:
    options = {"n_components": method.dimensions[0], **options}
    return method.fit(vectors, method.parameters_class(), ProjectionContext(**options)).coordinates


def test_it_says_who_it_is(method: Method) -> None:
    assert method.title
    assert method.summary.endswith(".")
    assert len(method.summary.splitlines()) == 1
    assert set(method.first_dimensions) <= set(method.dimensions) <= {2, 3}
    assert all(field.description for field in method.parameters_class.model_fields.values())
    assert 0 < method.share_of_bar < 1
    if METHODS.get(method.name) is method:
        with pytest.raises(ValueError, match=method.name):
            register(method)


def test_its_parameters_are_json_and_refuse_what_they_do_not_know(method: Method) -> None:
    kept = method.parameters_class().model_dump(mode="json")
    assert method.parameters_class.checked(json.loads(json.dumps(kept))) == method.parameters_class()
    with pytest.raises(ParameterError, match="no parameter nothing_like_it"):
        method.parameters_class.checked({"nothing_like_it": 1})
    assert method.settings_text({**kept, "of_the_future": 3}) == method.settings_text(kept)


def test_coordinates_have_the_shape_asked_for_and_facts_are_json(method: Method) -> None:
    for n_components in method.dimensions:
        found = method.fit(vectors_of(), method.parameters_class(), ProjectionContext(n_components))
        assert found.coordinates.shape == (40, n_components)
        assert found.coordinates.dtype == np.float32
        assert np.isfinite(found.coordinates).all()
        json.dumps(found.facts, allow_nan=False)


def test_one_seed_gives_the_same_coordinates_with_any_number_of_threads(method: Method) -> None:
    first = fitted(method, vectors_of(), seed=3)
    if not method.is_reproducible:
        assert "same seed may give another map" in " ".join(method.notes(40, 2, method.parameters_class()))
        return
    np.testing.assert_array_equal(first, fitted(method, vectors_of(), seed=3))
    np.testing.assert_array_equal(first, fitted(method, vectors_of(), seed=3, n_threads=2))
    assert np.array_equal(first, fitted(method, vectors_of(), seed=4)) is not method.uses_seed


def test_several_maps_at_once_are_those_made_one_by_one(method: Method) -> None:
    told: list[float] = []
    context = ProjectionContext(seed=2, listener=lambda share, stage: told.append(share))
    together = method.fit_each(vectors_of(), method.dimensions, method.parameters_class(), context)
    for n_components, each in zip(method.dimensions, together, strict=True):
        alone = fitted(method, vectors_of(), n_components=n_components, seed=2)
        np.testing.assert_allclose(each.coordinates, alone, atol=1e-5)
    assert told == sorted(told)


def test_progress_rises_to_its_end(method: Method) -> None:
    context = Watched(method.dimensions[0])
    method.fit(vectors_of(), method.parameters_class(), context)
    assert context.told == sorted(context.told)
    assert (context.told[0], context.told[-1]) == (0, 1)


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0], ids=["at the first report", "half-way", "at the last report"])
def test_a_cancel_is_heard(method: Method, at: float) -> None:
    n_reports = 0

    def count(share: float, stage: str) -> None:
        nonlocal n_reports
        n_reports += 1

    fitted(method, vectors_of(), listener=count)
    left = round(at * (n_reports - 1))

    def cancel(share: float, stage: str) -> None:
        nonlocal left
        if left == 0:
            raise CancelledError("The work was cancelled.")
        left -= 1

    with pytest.raises(CancelledError):
        fitted(method, vectors_of(), listener=cancel)


def test_frames_are_coordinates_on_their_way(method: Method) -> None:
    frames: list[Coordinates] = []
    last = fitted(method, vectors_of(), on_frame=frames.append)
    for frame in frames:
        assert frame.shape == last.shape
        assert frame.dtype == np.float32
        assert np.isfinite(frame).all()
    # Each is a picture of its own, not the same memory again.
    assert len({frame.tobytes() for frame in frames}) == len(frames)
    if not method.is_reproducible:
        return
    np.testing.assert_array_equal(last, fitted(method, vectors_of()))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=["NaN", "infinity", "minus-infinity"])
def test_numbers_that_are_not_finite_are_refused(method: Method, bad: float) -> None:
    vectors = vectors_of().copy()
    vectors[3, 2] = bad
    with pytest.raises(InputError, match="not finite"):
        fitted(method, vectors)


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (4,)], ids=["no-points", "no-numbers", "no-matrix"])
def test_what_is_no_matrix_is_refused(method: Method, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        fitted(method, np.ones(shape, np.float32))


@pytest.mark.parametrize("n_points", [1, 2, 3, 4, 5, 12])
def test_few_points_are_placed(method: Method, n_points: int) -> None:
    parameters = method.parameters_class()
    for n_components in method.dimensions:
        assert all(note.endswith(".") for note in method.notes(n_points, n_components, parameters))
        coordinates = fitted(method, vectors_of(n_points), n_components=n_components)
        assert coordinates.shape == (n_points, n_components)
        assert np.isfinite(coordinates).all()


@pytest.mark.parametrize(
    "vectors",
    [
        pytest.param(np.full((20, 4), 0.1, np.float32), id="all-equal"),
        pytest.param(np.zeros((20, 4), np.float32), id="all-zero"),
        pytest.param(np.repeat(vectors_of(4), 8, axis=0), id="duplicates"),
        pytest.param(vectors_of(20, 1), id="one-number"),
        pytest.param(np.float32(1e30) * vectors_of(), id="huge"),
        pytest.param(np.float32(1e-30) * vectors_of(), id="tiny"),
    ],
)
def test_odd_vectors_are_placed(method: Method, vectors: np.ndarray) -> None:
    coordinates = fitted(method, vectors)
    assert coordinates.shape == (len(vectors), method.dimensions[0])
    assert np.isfinite(coordinates).all()


def test_the_estimate_grows_with_the_points(method: Method) -> None:
    seconds = [
        method.estimate_seconds(n, 100, method.dimensions[0], method.parameters_class()) for n in (1, 1_000, 1_000_000)
    ]
    assert 0 <= seconds[0] <= seconds[1] < seconds[2] < np.inf
