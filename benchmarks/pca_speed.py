"""PCA in EmbedLab and in scikit-learn on the same memory-mapped file, in points per second, with both errors.

``python -m benchmarks.pca_speed [--points 1000000] [--dimensions 100] [--pairs 3]``

scikit-learn gets the file as an array in memory, as it needs it; loading counts for both. The error is the largest
deviation of the coordinates from those of an eigendecomposition in float64, relative to their spread.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.side_by_side import compare, report
from embedlab.core.embedding import Vectors
from embedlab.projections.pca import pca
from embedlab.projections.points import blocks_of

_CHECKED = 20_000


def write_points(path: Path, n_points: int, n_dimensions: int) -> None:
    """Write Gaussian points whose deviations fall from 2 to 0.5, around a mean that is not zero."""
    rng = np.random.default_rng(0)
    deviations = np.linspace(2, 0.5, n_dimensions, dtype=np.float32)
    points = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n_points, n_dimensions))
    for rows, block in blocks_of(points):
        points[rows] = rng.standard_normal(block.shape, dtype=np.float32) * deviations + 3
    points.flush()


def exact(points: Vectors) -> npt.NDArray[np.float64]:
    """Return the coordinates of the first points on the first two components, in float64 throughout."""
    mean = np.zeros(points.shape[1])
    for _, block in blocks_of(points):
        mean += block.sum(axis=0, dtype=np.float64) / len(points)
    scatter = np.zeros((points.shape[1], points.shape[1]))
    for _, block in blocks_of(points):
        centered = block.astype(np.float64) - mean
        scatter += centered.T @ centered
    directions = np.linalg.eigh(scatter)[1][:, :-3:-1]
    coordinates: npt.NDArray[np.float64] = (points[:_CHECKED].astype(np.float64) - mean) @ directions
    return coordinates


def error(coordinates: npt.NDArray[np.floating], expected: npt.NDArray[np.float64]) -> float:
    """Return the largest deviation relative to the spread, whatever the sign of an axis."""
    found = coordinates[:_CHECKED].astype(np.float64)
    signs = np.sign((found * expected).sum(axis=0))
    return float(np.abs(found * signs - expected).max() / expected.std())


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--dimensions", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "points.npy")
        write_points(path, args.points, args.dimensions)
        expected = exact(np.load(path, mmap_mode="r"))

        def ours() -> float:
            started = time.perf_counter()
            coordinates = pca(np.load(path, mmap_mode="r"), 10, drawn=[0, 1])[0]
            return _measured("ours", coordinates, started)

        def peer() -> float:
            from sklearn.decomposition import PCA

            started = time.perf_counter()
            coordinates = PCA(2).fit_transform(np.load(path))
            return _measured("scikit-learn", coordinates, started)

        def _measured(who: str, coordinates: npt.NDArray[np.floating], started: float) -> float:
            elapsed_s = time.perf_counter() - started
            peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            relative = error(coordinates, expected)
            print(f"{who}: {elapsed_s:.1f} s, error {relative:.1e}, peak so far {peak_mb:,.0f} MB", flush=True)
            return args.points / elapsed_s

        title = f"PCA, {args.points:,} points of {args.dimensions} numbers"
        report(title, *compare(ours, peer, args.pairs))


if __name__ == "__main__":
    main()
