"""The layout of UMAP epoch by epoch, so that it can be watched, stopped and canceled.

umap-learn optimizes a whole layout in one call. These are the steps of its `simplicial_set_embedding`, with the same
result; its progress bar, which it updates after each epoch, calls `step`.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.projections.points import Coordinates

Step = Callable[[int, Coordinates], bool]
_EXTENT = 10.0
#: With so few epochs, umap-learn keeps the edges that its usual number would sample.
_FEW_EPOCHS, _USUAL_EPOCHS = 10, 500


class _Stopped(Exception):  # noqa: N818
    """The layout stops here."""


def descend(
    points: Vectors,
    rows: npt.NDArray[np.int32],
    distances: npt.NDArray[np.float32],
    start: Coordinates,
    *,
    n_epochs: int,
    min_dist: float,
    densmap: bool,
    seed: int,
    step: Step,
) -> Coordinates:
    """Lay out points by UMAP.

    Parameters
    ----------
    points
        `(n_points, vector_size)` float32 with Euclidean distances.
    rows, distances
        `(n_points, n_neighbors)` nearest points, each point first among its own.
    start
        `(n_points, n_components)` float32.
    n_epochs, min_dist, densmap, seed
        As of `umap.UMAP`.
    step
        Called with the number of finished epochs and the current coordinates; returns whether to stop here.

    Returns
    -------
    `(n_points, n_components)` float32.
    """
    import umap
    from umap.layouts import optimize_layout_euclidean
    from umap.umap_ import make_epochs_per_sample

    model = umap.UMAP(
        n_neighbors=rows.shape[1],
        n_components=start.shape[1],
        min_dist=min_dist,
        metric="euclidean",
        n_epochs=n_epochs,
        densmap=densmap,
        random_state=seed,
        n_jobs=1,
        transform_mode="graph",
        precomputed_knn=(rows, distances, None),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(points)
    graph = model.graph_.tocoo()
    graph.sum_duplicates()
    # Edges that would not be sampled in any epoch.
    n_sampled = n_epochs if n_epochs > _FEW_EPOCHS else _USUAL_EPOCHS
    graph.data[graph.data < graph.data.max() / n_sampled] = 0.0
    graph.eliminate_zeros()
    random_state = np.random.RandomState(seed)
    rng_state = random_state.randint(np.iinfo(np.int32).min + 1, np.iinfo(np.int32).max - 1, 3).astype(np.int64)
    least, extent = start.min(axis=0), np.ptp(start, axis=0)
    coordinates = (_EXTENT * (start - least) / np.where(extent > 0, extent, 1)).astype(np.float32, order="C")
    bar = _Bar(lambda epoch: step(epoch, coordinates), n_epochs)
    with suppress(_Stopped):
        optimize_layout_euclidean(
            coordinates,
            coordinates,
            graph.row,
            graph.col,
            n_epochs,
            len(points),
            make_epochs_per_sample(graph.data, n_epochs),
            model._a,
            model._b,
            rng_state,
            densmap=densmap,
            densmap_kwds=densities(graph, model.graph_dists_) if densmap else None,
            tqdm_kwds={"file": bar, "disable": False, "mininterval": 0, "miniters": 1, "bar_format": "{n_fmt}"},
            move_other=True,
        )
    placed: Coordinates = coordinates
    return placed


def densities(graph: Any, graph_distances: Any) -> dict[str, Any]:
    """Return what densMAP needs: local radii in the original space, with the constants of umap-learn."""
    n_points = graph.shape[0]
    lengths = np.asarray(graph_distances.tocsr()[graph.row, graph.col]).ravel()
    weighted = graph.data * lengths**2
    radii, weights = (np.zeros(n_points, dtype=np.float32) for _ in range(2))
    for ends in (graph.row, graph.col):
        radii += np.bincount(ends, weighted, n_points).astype(np.float32)
        weights += np.bincount(ends, graph.data, n_points).astype(np.float32)
    log_radii = np.log(1e-8 + radii / np.where(weights > 0, weights, 1))
    spread = log_radii.std()
    return {
        "lambda": 2.0,
        "frac": 0.3,
        "var_shift": 0.1,
        "mu": graph.data,
        "mu_sum": weights,
        "R": ((log_radii - log_radii.mean()) / (spread if spread > 0 else 1)).astype(np.float32),
    }


class _Bar(io.TextIOBase):
    """The file of a progress bar, which writes `n` after each epoch."""

    def __init__(self, step: Callable[[int], bool], n_epochs: int) -> None:
        super().__init__()
        self._step = step
        self._n_epochs = n_epochs
        self._epoch = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        number = text.strip()
        # The bar ends lines, and writes the last number again when it is closed.
        if number.isdecimal() and self._epoch < int(number) <= self._n_epochs:
            self._epoch = int(number)
            if self._step(self._epoch):
                raise _Stopped
        return len(text)
