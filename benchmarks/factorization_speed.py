"""Speed of `fast-factorization`: at the size of ML-20M, and beside LIBMF to the same validation RMSE.

``python -m benchmarks.factorization_speed [--ratings 20000000] [--factors 8]``
``python -m benchmarks.factorization_speed --ratings 1000000 --factors 32 --libmf FOLDER``

The ratings are simulated: planted factors and biases, popularity as of films, ratings in half stars. FOLDER has LIBMF's
program `mf-train`. On a busy machine, compare CPU seconds.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd

from embedlab.evaluation.recommendation.ratings import score_predictions
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit, split_rows
from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import QuietContext, State
from embedlab.models.fast_factorization.learners import GradientDescent, Strengths
from embedlab.models.fast_factorization.model import FastFactorization
from embedlab.models.shared.rating_factors.fitted import Learned
from embedlab.models.shared.rating_factors.tables import Workers

#: Users and items of ML-1M and ML-20M, by the least number of ratings they are used for.
SHAPES = {0: (6_040, 3_700), 5_000_000: (138_000, 27_000)}
_PLANTED_FACTORS = 10
_MOST_EPOCHS = 60
_L2 = 0.05


@dataclass(frozen=True)
class Elapsed:
    """Wall-clock and CPU seconds."""

    wall_s: float
    cpu_s: float

    def __str__(self) -> str:
        return f"{self.wall_s:.2f} s wall, {self.cpu_s:.2f} s CPU"


class _NoCheckpoints(QuietContext):
    """Checkpoints are written every few minutes only, so this training has none."""

    def checkpoint(self, epoch: int, state: Callable[[], State]) -> None:
        """Do nothing."""


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ratings", type=int, default=20_000_000)
    parser.add_argument("--factors", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--libmf", type=Path, default=None)
    args = parser.parse_args()
    started = time.perf_counter()
    split = simulated(args.ratings)
    print(f"{args.ratings:,} ratings simulated in {time.perf_counter() - started:.0f} s", flush=True)
    if args.libmf is None:
        _whole_training(split, args.factors, args.epochs, args.threads)
    else:
        _beside_libmf(split, args.factors, args.epochs, args.threads, args.libmf / "mf-train")


def simulated(n_ratings: int, seed: int = 0) -> RatingsSplit:
    """Return simulated ratings, split 80/10/10, a few pairs twice."""
    n_users, n_items = next(shape for least, shape in reversed(SHAPES.items()) if n_ratings >= least)
    rng = np.random.default_rng(seed)

    def rows(n: int, power: float) -> Any:
        weights = np.cumsum((np.arange(n) + 20.0) ** -power)
        return np.searchsorted(weights / weights[-1], rng.random(n_ratings)).astype(np.int32)

    users, items = rows(n_users, 0.7), rows(n_items, 1.0)
    sizes, deviation = (n_users, n_items), _PLANTED_FACTORS**-0.25
    factors = [rng.normal(0, deviation, (n, _PLANTED_FACTORS)).astype(np.float32) for n in sizes]
    biases = [rng.normal(0, 0.4, n).astype(np.float32) for n in sizes]
    ratings = np.empty(n_ratings, np.float32)
    for start in range(0, n_ratings, 1 << 20):
        part = slice(start, start + (1 << 20))
        u, i = users[part], items[part]
        mean = 3.5 + biases[0][u] + biases[1][i] + 0.4 * np.einsum("nk,nk->n", factors[0][u], factors[1][i])
        ratings[part] = np.clip(np.round(2 * (mean + rng.normal(0, 0.75, len(u)))) / 2, 0.5, 5)
    users_table, items_table = (
        pd.DataFrame({"key": [f"{side}{row}" for row in range(n)]}) for side, n in zip("ui", sizes, strict=True)
    )
    dataset = SimpleNamespace(users=users_table, items=items_table)
    everything = Ratings(users, items, ratings)
    parts = (everything.take(part) for part in split_rows(n_ratings, seed, 0.1, 0.1))
    return RatingsSplit(cast("Any", dataset), *parts)


def _timed(work: Callable[[], Any], who: int = resource.RUSAGE_SELF) -> tuple[Any, Elapsed]:
    def cpu() -> float:
        used = resource.getrusage(who)
        return used.ru_utime + used.ru_stime

    started = time.perf_counter(), cpu()
    result = work()
    return result, Elapsed(time.perf_counter() - started[0], cpu() - started[1])


def _whole_training(split: RatingsSplit, n_factors: int, epochs: int, n_threads: int) -> None:
    counts = {"ratings": len(split.train) + 2 * len(split.test), "users": len(split.dataset.users)}
    counts["items"] = len(split.dataset.items)
    trained = FastFactorization()
    parameters = trained.defaults(counts).model_copy(update={"n_factors": n_factors, "epochs": epochs})
    learner, elapsed = _timed(lambda: _learner(split, n_factors))
    print(f"prepared in {elapsed}")
    with ThreadPoolExecutor(n_threads) as pool:
        workers = Workers(pool, n_threads, lambda: None)
        learner.train_epoch(workers)
        for _ in range(3):
            _, elapsed = _timed(partial(learner.train_epoch, workers))
            print(
                f"an epoch of {len(split.train):,} ratings in {elapsed}: {len(split.train) / elapsed.wall_s / 1e6:.1f} "
                f"million ratings/s, {len(split.train) / elapsed.cpu_s / 1e6:.1f} per CPU second",
                flush=True,
            )
    with tempfile.TemporaryDirectory() as scratch:
        context = _NoCheckpoints(Path(scratch), n_threads=n_threads)
        result, elapsed = _timed(lambda: trained.train(split.without_test(), parameters, context))
    estimate = trained.estimate(counts, parameters, n_threads)
    print(f"trained in {elapsed}, {len(context.history)} epochs; estimated {estimate.seconds:.0f} s", flush=True)
    rates = result.ability(Rates)
    scores, elapsed = _timed(lambda: score_predictions(rates.predict, split.test, split.known, split.scale))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"scored in {elapsed}: RMSE {scores['test_rmse']:.4f}, bias baseline "
        f"{scores['baselines']['user_item_bias']['test_rmse']:.4f}; peak {peak:.2f} GB, estimated "
        f"{estimate.memory_mb / 1e3:.2f} GB, including the simulated ratings"
    )


def _learner(split: RatingsSplit, n_factors: int) -> GradientDescent:
    n_rows = len(split.dataset.users), len(split.dataset.items)
    return GradientDescent(split.train, n_rows, n_factors, Strengths(_L2, _L2, 8.0, 1.0), learning_rate=0.1, seed=0)


def _beside_libmf(split: RatingsSplit, n_factors: int, epochs: int, n_threads: int, program: Path) -> None:
    with tempfile.TemporaryDirectory() as folder_name:
        files = [Path(folder_name, name) for name in ("train.txt", "validation.txt")]
        for file, part in zip(files, (split.train, split.validation), strict=True):
            pd.DataFrame({"user": part.users, "item": part.items, "rating": part.ratings}).to_csv(
                file, sep=" ", header=False, index=False
            )

        def libmf(n_epochs: int) -> list[float]:
            options = ["-l2", str(_L2), "-k", str(n_factors), "-t", str(n_epochs), "-s", str(n_threads)]
            done = subprocess.run(
                [str(program), *options, "-p", str(files[1]), str(files[0]), str(files[0]) + ".model"],
                capture_output=True,
                text=True,
                check=True,
            )
            rows = re.findall(r"^\s*\d+\s+([\d.]+)\s+([\d.]+)", done.stdout, re.MULTILINE)
            return [float(row[1]) for row in rows]

        # The difference of two runs leaves out reading the files.
        _, short = _timed(lambda: libmf(1), resource.RUSAGE_CHILDREN)
        curve, whole = _timed(lambda: libmf(epochs), resource.RUSAGE_CHILDREN)
    share = epochs / (epochs - 1)
    training = Elapsed((whole.wall_s - short.wall_s) * share, (whole.cpu_s - short.cpu_s) * share)
    goal = min(curve)
    print(f"LIBMF: validation RMSE {goal:.4f} after {epochs} epochs; {whole}, without reading {training}", flush=True)
    _to_the_same_error(split, n_factors, goal, n_threads)


def _to_the_same_error(split: RatingsSplit, n_factors: int, goal: float, n_threads: int) -> None:
    learned = Learned.of(split.train, split)
    for run in ("with machine code from the cache", "again"):
        learner, prepared = _timed(lambda: _learner(split, n_factors))
        trained = Elapsed(0.0, 0.0)
        rmse = np.inf
        with ThreadPoolExecutor(n_threads) as pool:
            workers = Workers(pool, n_threads, lambda: None)
            while rmse > goal and learner.epoch < _MOST_EPOCHS:
                _, elapsed = _timed(partial(learner.train_epoch, workers))
                trained = Elapsed(trained.wall_s + elapsed.wall_s, trained.cpu_s + elapsed.cpu_s)
                users, items, _ = learner.tables()
                squares = learned.squared_errors(learned.predict(users, items, split.validation), split.validation)
                rmse = float(np.sqrt(squares.mean()))
        print(
            f"ours, {run}: {rmse:.4f} after {learner.epoch} epochs; preparing {prepared}, training {trained}",
            flush=True,
        )


if __name__ == "__main__":
    main()
