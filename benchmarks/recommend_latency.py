"""Latency of recommendations for one user and of folding in a new user, on simulated vectors and weights.

``python -m benchmarks.recommend_latency [--items 27000] [--users 138000] [--repeats 50]``

Aims: all items for one user within 20 ms; 50 ratings or choices folded in at 64 factors within 5 ms.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator

import numpy as np
from scipy.sparse import csr_array, random_array

from benchmarks.side_by_side import machine
from embedlab.evaluation.recommendation.ranking import best_items
from embedlab.models.bpr.ranker import BprRanker
from embedlab.models.contract.abilities import FoldsIn, Ranks
from embedlab.models.pure_svd.ranker import ProjectionRanker
from embedlab.models.shared.item_weights.ranker import ItemWeightsRanker

N_FACTORS = 64
N_HISTORY = 50
N_NEIGHBORS = 200
#: EASE at all items would need 3 GB: it knows the most popular ones.
N_DENSE = 10_000
AIM_SCORES_MS, AIM_FOLD_IN_MS = 20.0, 5.0
N_LISTED = 20


def rankers(n_users: int, n_items: int) -> Iterator[tuple[str, Ranks]]:
    """Yield rankers with random vectors and weights of the usual sizes."""
    rng = np.random.default_rng(0)
    users, items = (rng.normal(size=(n, N_FACTORS)).astype(np.float32) for n in (n_users, n_items))
    seen = np.ones(n_items, bool)
    yield "pure-svd", ProjectionRanker(users, items, seen)
    yield "bpr", BprRanker(users, items, rng.normal(size=n_items).astype(np.float32), seen)
    for name, n_known in (("ease", N_DENSE), ("rp3beta, item-knn", n_items)):
        n_known = min(n_known, n_items)
        rows = np.arange(n_known, dtype=np.int32)
        chosen = rng.integers(0, n_known, size=n_users * N_HISTORY).astype(np.int32)
        starts = np.arange(n_users + 1, dtype=np.int32) * N_HISTORY
        histories = csr_array((np.ones(len(chosen), np.float32), chosen, starts), shape=(n_users, n_known))
        if name == "ease":
            weights = rng.normal(size=(n_known, n_known)).astype(np.float32)
        else:
            weights = random_array((n_known, n_known), density=N_NEIGHBORS / n_known, rng=rng, dtype=np.float32).tocsr()
        yield name, ItemWeightsRanker(rows, weights, histories, n_items, items[:n_known])


def milliseconds(once: Callable[[int], object], repeats: int) -> tuple[float, float]:
    """Return median and 95 % quantile of the time of a call."""
    once(0)
    measured = []
    for number in range(repeats):
        started = time.perf_counter()
        once(number)
        measured.append(1e3 * (time.perf_counter() - started))
    return float(np.median(measured)), float(np.quantile(measured, 0.95))


def main() -> None:
    """Run the benchmark and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=27_000)
    parser.add_argument("--users", type=int, default=138_000)
    parser.add_argument("--repeats", type=int, default=50)
    args = parser.parse_args()
    print(f"{args.users:,} users, {args.items:,} items; median (95 % quantile) in ms; {machine()}")
    print(f"| model | best {N_LISTED} items for one user | fold-in of {N_HISTORY} |\n|---|---|---|")
    rng = np.random.default_rng(1)
    missed = []
    for name, ranker in rankers(args.users, args.items):

        def recommend(number: int, ranker: Ranks = ranker) -> object:
            return best_items(ranker.scores(np.array([number % args.users], np.int32)), N_LISTED)

        listed = milliseconds(recommend, args.repeats)
        cells, medians = [listed], {AIM_SCORES_MS: listed[0]}
        if isinstance(ranker, FoldsIn):
            items = np.sort(rng.permutation(args.items)[:N_HISTORY]).astype(np.int32)
            values = np.ones(N_HISTORY, np.float32)

            def fold_in(
                number: int, ranker: FoldsIn = ranker, items: object = items, values: object = values
            ) -> object:
                del number
                return ranker.fold_in(items, values)  # type: ignore[arg-type]

            cells.append(milliseconds(fold_in, args.repeats))
            medians[AIM_FOLD_IN_MS] = cells[-1][0]
        missed += [f"{name}: {median:.1f} ms, aim {aim:g} ms" for aim, median in medians.items() if median > aim]
        texts = [f"{median:.2f} ({high:.2f})" for median, high in cells]
        print(f"| {name} | {' | '.join(texts if len(texts) > 1 else [*texts, 'not in closed form'])} |", flush=True)
    print("; ".join(missed) or "All aims are reached.", f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
