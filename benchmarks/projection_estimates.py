"""Estimated and measured duration of every projection method, whose form shows the estimate before anything starts.

``python -m benchmarks.projection_estimates [--points 2000 20000] [--dimensions 100] [--methods pca tsne]``

A ratio of 2 means that the method took twice as long as estimated. On a machine that does other work, compare the
estimate with the CPU seconds: a method that uses one thread takes at least as long.
"""

from __future__ import annotations

import argparse
import os
import time

from benchmarks.side_by_side import machine
from benchmarks.tsne_speed import planted
from embedlab.projections.context import ProjectionContext
from embedlab.projections.registry import METHODS


def main() -> None:
    """Run every method and print the durations."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, nargs="+", default=[2_000, 20_000])
    parser.add_argument("--dimensions", type=int, default=100)
    parser.add_argument("--components", type=int, choices=(2, 3), default=2)
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    args = parser.parse_args()
    print(machine())
    for n_points in args.points:
        vectors = planted(n_points, args.dimensions)
        for name in args.methods:
            method = METHODS[name]
            if not method.is_installed():
                print(f"{name}: not installed")
                continue
            parameters = method.parameters_class()
            estimated_s = method.estimate_seconds(n_points, args.dimensions, args.components, parameters)
            context = ProjectionContext(args.components, n_threads=os.cpu_count() or 1)
            started, cpu_started = time.perf_counter(), time.process_time()
            method.fit(vectors, parameters, context)
            elapsed_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
            print(
                f"{name}, {n_points:,} points: estimated {estimated_s:.1f} s, measured {elapsed_s:.1f} s "
                f"(ratio {elapsed_s / estimated_s:.2f}), {cpu_s:.1f} CPU seconds",
                flush=True,
            )


if __name__ == "__main__":
    main()
