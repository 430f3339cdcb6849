import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from embedlab.core.errors import CancelledError, InputError, ParameterError
from embedlab.projections import tsne as tsne_module
from embedlab.projections.context import ProjectionContext
from embedlab.projections.pca import pca
from embedlab.projections.registry import METHODS
from embedlab.projections.tsne import (
    TSNE,
    TsneParameters,
    effective_perplexity,
    tsne,
    tsne_notes,
    tsne_seconds,
)

QUICK = TsneParameters(n_iter=250, early_exaggeration_iter=150)


def planted(n_points: int, n_clusters: int = 8, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    clusters = rng.integers(0, n_clusters, n_points)
    centers = 4 * rng.normal(size=(n_clusters, 30))
    return (centers[clusters] + rng.normal(size=(n_points, 30))).astype(np.float32), clusters


def share_of_own_cluster(coordinates: np.ndarray, clusters: np.ndarray) -> float:
    rows = NearestNeighbors(n_neighbors=10).fit(coordinates).kneighbors(return_distance=False)
    return float((clusters[rows] == clusters[:, np.newaxis]).mean())


@pytest.mark.parametrize("n_components", [2, 3])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_tsne_keeps_planted_clusters_apart(n_components: int, metric: str):
    vectors, clusters = planted(600)
    parameters = QUICK.model_copy(update={"metric": metric})
    coordinates = tsne(vectors, n_components, parameters)
    assert coordinates.shape == (600, n_components)
    assert coordinates.dtype == np.float32
    assert share_of_own_cluster(coordinates, clusters) > 0.95


def test_a_stop_during_early_exaggeration_still_keeps_the_neighbors():
    vectors, clusters = planted(300)
    context = ProjectionContext(2, stop_requested=lambda: True)
    coordinates = TSNE().fit(vectors, QUICK, context).coordinates
    assert context.stopped_after == context.iterations == (60, 400)
    assert share_of_own_cluster(coordinates, clusters) > 0.95
    # Points of different clusters do not lie on top of each other: the map has the size of a finished one.
    assert np.ptp(coordinates) > 1
    assert TSNE.stop_help


def neighbor_recall(vectors: np.ndarray, coordinates: np.ndarray) -> float:
    true, drawn = (NearestNeighbors(n_neighbors=10).fit(each).kneighbors() for each in (vectors, coordinates))
    return float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(true[1], drawn[1], strict=True)]))


def test_the_repulsion_on_a_grid_keeps_as_many_neighbors(monkeypatch: pytest.MonkeyPatch):
    vectors, clusters = planted(900)
    parameters = TsneParameters(metric="euclidean")
    by_tree = neighbor_recall(vectors, tsne(vectors, 2, parameters))
    monkeypatch.setattr(tsne_module, "_GRID_FROM_POINTS", 0)
    coordinates = tsne(vectors, 2, parameters)
    assert neighbor_recall(vectors, coordinates) > by_tree - 0.01
    assert share_of_own_cluster(coordinates, clusters) > 0.95
    monkeypatch.setattr(tsne_module, "_THREADS_FROM_POINTS", 0)
    np.testing.assert_array_equal(coordinates, tsne(vectors, 2, parameters, n_threads=2))


@pytest.mark.parametrize("n_points", [4, 5, 30])
def test_a_grid_is_enough_for_few_and_for_equal_points(n_points: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tsne_module, "_GRID_FROM_POINTS", 0)
    for vectors in (planted(n_points)[0], np.ones((n_points, 30), dtype=np.float32)):
        assert np.isfinite(tsne(vectors, 2, QUICK)).all()


def test_a_map_that_diverges_on_the_grid_says_so(monkeypatch: pytest.MonkeyPatch):
    def diverge(*_arguments: object, **_options: object) -> None:
        raise FloatingPointError

    monkeypatch.setattr(tsne_module, "_GRID_FROM_POINTS", 0)
    monkeypatch.setattr("embedlab.projections.tsne_gradient.TsneGradient.__call__", diverge)
    with pytest.raises(ParameterError, match="t-SNE diverged"):
        tsne(planted(50)[0], 2, QUICK)


def test_cosine_looks_at_directions_alone():
    vectors, _ = planted(60)
    lengths = np.random.default_rng(1).uniform(0.5, 2, size=(60, 1)).astype(np.float32)
    parameters = QUICK.model_copy(update={"n_iter": 50, "early_exaggeration_iter": 0})
    np.testing.assert_allclose(tsne(vectors * np.float32(4), 2, parameters), tsne(vectors, 2, parameters), atol=1e-3)
    changed = [tsne(vectors * lengths, 2, parameters.model_copy(update={"metric": m})) for m in ("cosine", "euclidean")]
    assert np.abs(changed[0] - changed[1]).max() > 0.1


def test_the_same_seed_gives_the_same_picture_with_any_number_of_threads(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tsne_module, "_THREADS_FROM_POINTS", 0)
    vectors, _ = planted(400)
    first = tsne(vectors, 2, QUICK, seed=3)
    np.testing.assert_array_equal(first, tsne(vectors, 2, QUICK, seed=3, n_threads=2))
    assert not np.array_equal(first, tsne(vectors, 2, QUICK, seed=4))


@pytest.mark.parametrize("n_points", [1, 2, 3, 4, 5, 6, 20])
@pytest.mark.parametrize("n_components", [2, 3])
def test_few_points_are_placed(n_points: int, n_components: int):
    coordinates = tsne(planted(n_points)[0], n_components, QUICK)
    assert coordinates.shape == (n_points, n_components)
    assert np.isfinite(coordinates).all()
    assert len(np.unique(coordinates, axis=0)) == n_points


def test_equal_points_and_zero_vectors_are_placed():
    vectors = np.zeros((50, 4), np.float32)
    vectors[:20] = 1
    assert np.isfinite(tsne(vectors, 2, QUICK)).all()


def test_what_is_done_otherwise_than_asked_is_said():
    parameters = TsneParameters()
    assert effective_perplexity(30, 10) == 3
    assert effective_perplexity(30, 1000) == 30
    assert tsne_notes(1000, 2, parameters) == []
    assert "reduced from 30 to 3 for 10 points" in tsne_notes(10, 2, parameters)[0]
    assert "placed by PCA" in tsne_notes(3, 2, parameters)[0]
    assert "slow" in tsne_notes(50_000, 3, parameters)[0]


@pytest.mark.parametrize(("fewest", "expected"), [(20, 2), (21, 1)], ids=["many", "few"])
def test_few_points_are_not_laid_out_by_threads(monkeypatch: pytest.MonkeyPatch, fewest: int, expected: int):
    seen = []

    def recorded(**options: object) -> None:
        seen.append(options["n_jobs"])
        raise KeyboardInterrupt

    monkeypatch.setattr("openTSNE.affinity.PerplexityBasedNN", recorded)
    monkeypatch.setattr(tsne_module, "_THREADS_FROM_POINTS", fewest)
    with pytest.raises(KeyboardInterrupt):
        tsne(planted(20)[0], 2, QUICK, n_threads=2)
    assert seen == [expected]


def test_progress_rises_and_ends_at_one():
    told: list[tuple[float, str]] = []
    tsne(planted(100)[0], 2, QUICK, report=lambda share, stage: told.append((share, stage)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert list(dict.fromkeys(stage for _, stage in told)) == [
        "finding neighbors",
        "early exaggeration",
        "placing points",
        "done",
    ]


@pytest.mark.parametrize("at", ["finding neighbors", "early exaggeration", "placing points"])
def test_a_cancel_is_heard_at_every_stage(at: str):
    def cancel(share: float, stage: str) -> None:
        if stage == at:
            raise CancelledError("The work was cancelled.")

    with pytest.raises(CancelledError):
        tsne(planted(100)[0], 2, QUICK, report=cancel)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"perplexity": "0"}, "perplexity"),
        ({"perplexity": "nan"}, "perplexity"),
        ({"metric": "manhattan"}, "metric"),
        ({"n_iter": 10**9}, "n_iter"),
        ({"speed": 1}, "no parameter speed"),
    ],
)
def test_parameters_out_of_bounds_are_named(values: dict, message: str):
    with pytest.raises(ParameterError, match=message):
        TsneParameters.checked(values)
    assert TsneParameters.checked({"perplexity": "5"}).perplexity == 5


def test_other_dimensions_and_no_points_are_refused():
    with pytest.raises(ParameterError, match="2 or 3"):
        tsne(planted(10)[0], 4)
    with pytest.raises(InputError, match="at least one"):
        pca(np.ones((0, 3), np.float32))


def test_every_parameter_has_help():
    assert all(field.description for field in TsneParameters.model_fields.values())


def test_the_estimate_grows_with_points_and_steps():
    seconds = [tsne_seconds(n, 100, 2, TsneParameters()) for n in (100, 1_000, 10_000, 100_000)]
    assert seconds == sorted(seconds)
    assert tsne_seconds(10_000, 100, 2, TsneParameters(n_iter=5_000)) > 3 * seconds[2]


def test_more_points_take_more_iterations_unless_they_are_chosen():
    method = METHODS["tsne"]
    by_size = {n: method.defaults(n).n_iter for n in (0, 100, 10_000, 40_000, 100_000, 10**7)}
    assert by_size == {0: 500, 100: 500, 10_000: 500, 40_000: 950, 100_000: 1250, 10**7: 1500}
    assert method.completed({"perplexity": 5}, 100_000).n_iter == 1250
    assert method.completed({"n_iter": 60}, 100_000).n_iter == 60
