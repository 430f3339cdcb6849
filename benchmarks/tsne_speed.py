"""t-SNE in EmbedLab and in scikit-learn on the same points, in points per second, with the k-NN recall of both maps.

``python -m benchmarks.tsne_speed [--points 100000] [--dimensions 100] [--pairs 1] [--threads 2] [--iterations N]``

The points are a mixture of Gaussian groups with subgroups, scaled to length 1, so that cosine (ours) and Euclidean
distance (the peer's) order them equally. Both run with their defaults: perplexity 30, a start from PCA, and an
automatic learning rate; ours takes 250 steps and 500 to 1,500 more, depending on the number of points, scikit-learn
1,000; ``--iterations`` changes ours. Recall is measured on the same sample of points.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

import numpy as np

from benchmarks.side_by_side import compare, report
from embedlab.core.embedding import Vectors
from embedlab.projections.context import ProjectionContext
from embedlab.projections.registry import method
from embedlab.projections.trust.neighbor_sample import sample_neighbors
from embedlab.projections.trust.quality import projection_quality

_N_GROUPS, _N_SUBGROUPS = 20, 10


def planted(n_points: int, n_dimensions: int, seed: int = 0) -> Vectors:
    """Return points of length 1 in groups that consist of subgroups."""
    rng = np.random.default_rng(seed)
    groups = rng.normal(size=(_N_GROUPS, 1, n_dimensions))
    middles = (groups + 0.6 * rng.normal(size=(_N_GROUPS, _N_SUBGROUPS, n_dimensions))).reshape(-1, n_dimensions)
    points = middles[rng.integers(len(middles), size=n_points)] + 0.5 * rng.normal(size=(n_points, n_dimensions))
    units: Vectors = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    return units


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=100)
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--iterations", type=int, help="after early exaggeration")
    args = parser.parse_args()
    chosen = {} if args.iterations is None else {"n_iter": args.iterations}
    parameters = method("tsne").completed(chosen, args.points)
    vectors = planted(args.points, args.dimensions)
    sample = sample_neighbors(vectors)
    recalls: dict[str, list[float]] = {"ours": [], "scikit-learn": []}

    def measure(who: str, coordinates: Vectors, elapsed_s: float) -> float:
        quality = projection_quality(vectors, coordinates, 0, sample=sample)
        recalls[who].append(quality["knn_recall_10"])
        measures = {name: round(quality[name], 4) for name in ("knn_recall_10", "trustworthiness", "continuity")}
        print(f"{who}: {elapsed_s:,.1f} s, {measures}", flush=True)
        return args.points / elapsed_s

    def ours() -> float:
        tsne = method("tsne")
        context = ProjectionContext(2, seed=len(recalls["ours"]), n_threads=args.threads)
        started = time.perf_counter()
        fitted = tsne.fit(vectors, parameters, context)
        return measure("ours", fitted.coordinates, time.perf_counter() - started)

    def peer() -> float:
        from sklearn.manifold import TSNE

        layout = TSNE(2, init="pca", n_jobs=args.threads, random_state=len(recalls["scikit-learn"]))
        started = time.perf_counter()
        coordinates = layout.fit_transform(vectors).astype(np.float32)
        return measure("scikit-learn", coordinates, time.perf_counter() - started)

    title = f"t-SNE, {args.points:,} points of {args.dimensions} numbers, {args.threads} threads"
    report(title, *compare(ours, peer, args.pairs))
    print("recall of 10 neighbors, medians:", {who: round(statistics.median(each), 4) for who, each in recalls.items()})


if __name__ == "__main__":
    main()
