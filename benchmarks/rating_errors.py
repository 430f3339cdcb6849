"""Errors of predicted ratings of every rating model beside the bias baseline, over several seeds of the split.

``python -m benchmarks.rating_errors [--models bayesian-factorization fast-factorization] [--seeds 5]
[--ratings FILE] [--test-ratings FILE ...] [--share 0.1] [--set MODEL NAME VALUE]``

Without `--ratings`, ml-latest-small. `--share 0.1` holds out a tenth for the test and a tenth for validation, on which
a model chooses before it trains on both; with published folds, give each fold's training file as `--ratings` and its
test file as `--test-ratings`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.side_by_side import DATA
from embedlab.evaluation.recommendation.ratings import score_predictions
from embedlab.kinds.ratings import RatingsDataset, RatingsSplit, guess_ratings_options, import_ratings
from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import QuietContext, TrainingResult
from embedlab.models.registry import model
from embedlab.reading.sources import Limits

#: An item with at most this many ratings is obscure.
OBSCURE = 3
_FIRST_USERS = 2_000


def main() -> None:
    """Run the benchmark and print one line per model and seed, and the means."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", nargs="+", default=["bayesian-factorization", "fast-factorization"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ratings", type=Path, default=DATA / "ml-latest-small" / "ratings.csv")
    parser.add_argument("--test-ratings", type=Path, default=None)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--set", nargs=3, action="append", default=[], metavar=("MODEL", "NAME", "VALUE"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        dataset = _imported(args.ratings, args.test_ratings, folder)
        for name in args.models:
            given = {key: value for of, key, value in args.set if of == name}
            rows = [_measured(dataset, name, given, seed, args.share, args.threads) for seed in range(args.seeds)]
            mean = {key: float(np.mean([row[key] for row in rows])) for key in rows[0]}
            print(f"{name}, mean of {len(rows)}: {_text(mean)}", flush=True)


def _imported(source: Path, test: Path | None, folder: Path) -> RatingsDataset:
    limits = Limits()
    options = guess_ratings_options(source, limits)
    more: dict[str, Any] = {} if test is None else {"test_path": test}
    import_ratings(source, options, folder, limits=limits, **more).save(folder)
    return RatingsDataset.open(folder)


def _measured(
    dataset: RatingsDataset, name: str, given: dict[str, str], seed: int, share: float, threads: int
) -> dict[str, float]:
    trained = model(name)
    split = dataset.split(seed, validation_share=share, test_share=share)
    counts = dataset.imported.counts
    parameters = trained.parameters_class.checked({**trained.defaults(counts).model_dump(), **given, "seed": seed})
    with tempfile.TemporaryDirectory() as scratch:
        started = time.perf_counter(), time.process_time()
        result = trained.train(split.without_test(), parameters, QuietContext(Path(scratch), n_threads=threads))
        seconds, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
    rates = result.ability(Rates)
    assert rates is not None
    scores = score_predictions(rates.predict, split.test, split.known, split.scale)
    bias = scores["baselines"]["user_item_bias"]["test_rmse"]
    row = {
        "rmse": scores["test_rmse"],
        "mae": scores["test_mae"],
        "bias_baseline": bias,
        "below_baseline": bias - scores["test_rmse"],
        "obscure_share": obscure_share(result, split),
        "wall_s": seconds,
        "cpu_s": cpu,
        "estimate_s": trained.estimate(counts, parameters, threads).seconds,
    }
    print(f"{name}, seed {seed}: {_text(row)}", flush=True)
    return row


def obscure_share(result: TrainingResult, split: RatingsSplit) -> float:
    """Return the share of items with at most `OBSCURE` ratings among the ten best unrated items of each user."""
    rates = result.ability(Rates)
    assert rates is not None
    counts = np.bincount(split.known.items, minlength=len(split.dataset.items))
    users = np.unique(split.known.users)[:_FIRST_USERS]
    scores = rates.rank_by_rating(users.astype(np.int32), len(counts))
    place = np.full(len(split.dataset.users), -1)
    place[users] = np.arange(len(users))
    is_rated = place[split.known.users] >= 0
    scores[place[split.known.users[is_rated]], split.known.items[is_rated]] = -np.inf
    best = np.argpartition(-scores, 10, axis=1)[:, :10]
    return float((counts[best] <= OBSCURE).mean())


def _text(row: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" if value < 2 else f"{name} {value:.1f}" for name, value in row.items())


if __name__ == "__main__":
    main()
