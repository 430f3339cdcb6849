from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import CancelledError, InputError, ParameterError
from embedlab.projections import points as module
from embedlab.projections.context import ProjectionContext
from embedlab.projections.pca import PCA, PcaParameters, pca


def numpys(vectors: np.ndarray, n_components: int) -> tuple[np.ndarray, np.ndarray]:
    left, singular, directions = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    largest = directions[np.arange(n_components), np.argmax(np.abs(directions[:n_components]), axis=1)]
    return (left * singular)[:, :n_components] * np.sign(largest), singular**2 / (singular**2).sum()


def planted(n_points: int, vector_size: int, deviations: tuple[float, ...]) -> np.ndarray:
    """Points whose deviations along random orthogonal directions are known, with a mean far from zero."""
    rng = np.random.default_rng(0)
    directions = np.linalg.qr(rng.normal(size=(vector_size, len(deviations))))[0]
    points = rng.normal(size=(n_points, len(deviations))) * deviations @ directions.T
    return (points + 0.01 * rng.normal(size=points.shape) + 5).astype(np.float32)


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param((200, 12), id="few"),
        pytest.param((7, 40), id="fewer points than numbers"),
        pytest.param((30_000, 90), id="in blocks of float32"),
        pytest.param((40, 1_600), id="very long vectors, few points"),
        pytest.param((1_700, 1_600), id="very long vectors, iterated"),
    ],
)
def test_pca_equals_numpys_svd(shape: tuple[int, int]):
    vectors = planted(*shape, (9, 6, 4, 1, 0.5))
    coordinates, ratio = pca(vectors, 3)
    expected, shares = numpys(vectors.astype(np.float64), 3)
    np.testing.assert_allclose(coordinates, expected, atol=0.01)
    np.testing.assert_allclose(ratio, shares[:3], rtol=1e-3)
    assert coordinates.dtype == np.float32


def test_the_size_of_the_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    vectors = planted(500, 20, (9, 6, 4))
    whole = pca(vectors, 3)
    monkeypatch.setattr(module, "_BLOCK_NUMBERS", 1_000)
    for found, expected in zip(pca(vectors, 3), whole, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("factor", [pytest.param(1e30, id="huge"), pytest.param(1e-30, id="tiny")])
def test_squares_that_float32_cannot_hold_do_not_matter(factor: float):
    vectors = planted(300, 8, (9, 6, 4))
    coordinates, ratio = pca(vectors, 2)
    scaled, ratio_scaled = pca(vectors * np.float32(factor), 2)
    np.testing.assert_allclose(scaled / np.float32(factor), coordinates, atol=1e-2)
    np.testing.assert_allclose(ratio_scaled, ratio, rtol=1e-3)


@pytest.mark.parametrize("value", [pytest.param(np.nan, id="NaN"), pytest.param(-np.inf, id="infinite")])
def test_numbers_that_are_not_finite_are_refused(value: float):
    vectors = planted(30, 4, (2, 1))
    vectors[[3, 7], 1] = value
    with pytest.raises(InputError, match="not finite") as caught:
        pca(vectors)
    assert caught.value.received == "2 of 30 vectors"


@pytest.mark.parametrize("shape", [(300, 20), (1_700, 1_600)], ids=["covariance", "iterated"])
def test_progress_rises_to_one_and_a_cancel_is_heard(shape: tuple[int, int]):
    told: list[float] = []
    pca(planted(*shape, (2, 1)), 2, lambda share, stage: told.append(share))
    assert told == sorted(told)
    assert told[0] == 0
    assert told[-1] == 1

    def cancel(share: float, stage: str) -> None:
        if share > 0.5:
            raise CancelledError("The work was cancelled.")

    with pytest.raises(CancelledError):
        pca(planted(*shape, (2, 1)), 2, cancel)


def test_large_vectors_are_not_copied():
    import tracemalloc

    vectors = np.random.default_rng(0).standard_normal((300_000, 50), dtype=np.float32)
    tracemalloc.start()
    pca(vectors, 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Blocks of 8 MB of float64 and some copies of them; the vectors have 60 MB.
    assert peak < 40e6


def test_pca_turns_the_largest_loading_positive():
    line = np.outer([-1, 0, 1], [-3, 1]).astype(np.float32)
    coordinates, ratio = pca(line, 1)
    np.testing.assert_allclose(coordinates[:, 0], np.sqrt(10) * np.array([1, 0, -1]), atol=1e-5)
    np.testing.assert_allclose(ratio, [1])


def test_pca_fills_directions_that_are_not_there_with_zeros():
    coordinates, ratio = pca(np.array([[0, 0], [2, 0]], np.float32), 3)
    np.testing.assert_allclose(np.abs(coordinates), [[1, 0, 0], [1, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(ratio, [1, 0, 0], atol=1e-6)
    coordinates, ratio = pca(np.ones((4, 2), np.float32), 2)
    assert not coordinates.any()
    assert not ratio.any()


def test_chosen_components_are_those_of_numpys_svd() -> None:
    vectors = planted(400, 12, (9, 6, 4, 2, 1))
    expected, shares = numpys(vectors.astype(np.float64), 5)
    found = PCA().fit(vectors, PcaParameters(x=4, y=3), ProjectionContext(2))
    np.testing.assert_allclose(found.coordinates, expected[:, [3, 2]], atol=0.01)
    np.testing.assert_allclose(found.facts["explained_variance_ratio"], shares[[3, 2]], rtol=1e-3)
    assert found.facts["components"] == [4, 3]
    np.testing.assert_allclose(found.facts["variance_shares"][:5], shares[:5], rtol=1e-3)
    assert len(found.facts["variance_shares"]) == 10
    assert found.facts["axes"][0] == f"component 4 ({shares[3]:.1%} of the variance)"
    assert PCA().settings_text(PcaParameters(x=4, y=3).model_dump()) == "components 4, 3, 3"
    assert PCA().settings_text({}) == ""


def test_the_same_vectors_give_the_same_bytes_from_memory_and_from_disk(tmp_path: Path) -> None:
    vectors = planted(3_000, 20, (9, 6, 4))
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    both = [PCA().fit(each, PcaParameters(), ProjectionContext(2)).coordinates for each in (vectors, mapped)]
    assert both[0].tobytes() == both[1].tobytes()


def test_components_that_do_not_exist_are_refused_before_anything_starts() -> None:
    vectors = planted(30, 4, (2, 1))
    embedding = Embedding(vectors, [str(row) for row in range(30)])
    for parameters in (PcaParameters(x=5), PcaParameters(y=50)):
        with pytest.raises(ParameterError, match="1 to 4"):
            PCA().check(parameters, 2, lambda: embedding)
        with pytest.raises(ParameterError, match="1 to 4"):
            PCA().fit(vectors, parameters, ProjectionContext(2))
    PCA().check(PcaParameters(z=9), 2, lambda: embedding)
    PCA().check(PcaParameters(), 3, lambda: pytest.fail("the first components need no look at the vectors"))
