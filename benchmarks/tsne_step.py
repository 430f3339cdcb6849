"""The repulsion of one t-SNE step in EmbedLab and in openTSNE, with the errors of both against all pairs.

``python -m benchmarks.tsne_step [--points 100000] [--pairs 5] [--threads 2]``

The map is one that t-SNE makes of planted groups, with few steps. The errors are those of the forces on 300 of its
points, relative to the mean force.
"""

from __future__ import annotations

import argparse
import os
import time

import numpy as np
from openTSNE import _tsne

from benchmarks.side_by_side import compare, report
from benchmarks.tsne_speed import planted
from embedlab.core.threads import InParts
from embedlab.projections.grid_repulsion import GridRepulsion, Places
from embedlab.projections.tsne import TsneParameters, tsne

_N_CHECKED = 300


def exact_forces(places: Places, rows: list[int]) -> Places:
    """Return the forces on some points by all others."""
    forces = np.empty((len(rows), 2))
    for at, row in enumerate(rows):
        differences = places[row] - places
        q = 1 / (1 + (differences**2).sum(axis=1))
        forces[at] = (q[:, np.newaxis] ** 2 * differences).sum(axis=0)
    return forces


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    vectors = planted(args.points, 20)
    layout = tsne(vectors, 2, TsneParameters(n_iter=500), n_threads=args.threads)
    places = np.ascontiguousarray(layout, dtype=np.float64)
    rows = np.random.default_rng(0).integers(0, len(places), _N_CHECKED).tolist()
    right = exact_forces(places, rows)

    def error(forces: Places) -> float:
        return float(np.abs(forces[rows] - right).mean() / np.abs(right).mean())

    errors = {}
    with InParts(args.threads) as in_parts:
        repulsion = GridRepulsion(in_parts)
        repulsion(places)

        def ours() -> float:
            started = time.perf_counter()
            found = repulsion(places)
            elapsed_s = time.perf_counter() - started
            errors["ours"] = error(found.forces)
            return args.points / elapsed_s

        def peer() -> float:
            gradient = np.zeros_like(places)
            started = time.perf_counter()
            total = _tsne.estimate_negative_gradient_fft_2d(places, gradient, 3, 50, 1, dof=1)
            elapsed_s = time.perf_counter() - started
            errors["openTSNE"] = error(-gradient * total)
            return args.points / elapsed_s

        report(f"repulsion of {args.points:,} points, {args.threads} threads", *compare(ours, peer, args.pairs))
    shown = ", ".join(f"{who} {error:.1e}" for who, error in errors.items())
    print(f"errors relative to the mean force, on a map of size {np.ptp(places):.0f}: {shown}")


if __name__ == "__main__":
    main()
