"""Quality of every recommender with its defaults, beside the baselines, over several seeds of the split.

``python -m benchmarks.recommenders [--data RATINGS.csv] [--seeds 5] [--models ease,bpr] [--rivals] [--out TABLE.json]``

The ratings are split at random, 80 % for training, 10 % for validation and 10 % for the test; the seed of the models is
always 0. Ranking: ratings from the positive threshold count (4 of 5 stars), all items are ranked. `--rivals` also runs
irspack, implicit and myfm on the same parts, if they are installed (`benchmarks/requirements.txt`).
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rival_recommenders import RIVALS
from benchmarks.side_by_side import DATA, machine
from embedlab.core.files import write_json
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.ratings import RatingsDataset, guess_ratings_options, import_ratings
from embedlab.models.contract.base import QuietContext, State, TrainingResult
from embedlab.models.registry import MODELS, model
from embedlab.reading.sources import Limits
from embedlab.tasks.registry import task, task_of

#: Tasks whose models recommend.
TASKS = ("rating", "ranking")
COLUMNS = ("test_rmse", "ndcg@10", "recall@20", "coverage@10", "popularity@10")
Scores = Mapping[str, float]


def imported(source: Path, folder: Path) -> RatingsDataset:
    """Import a file of ratings with the guessed options."""
    limits = Limits()
    folder.mkdir()
    import_ratings(source, guess_ratings_options(source, limits), folder, limits=limits).save(folder)
    return RatingsDataset.open(folder)


def recommenders(names: str) -> list[str]:
    """Return the models that recommend, or those of a list separated by commas."""
    known = [name for name, each in MODELS.items() if each.task in TASKS]
    return [model(name).name for name in names.split(",")] if names else known


def measure(name: str, dataset: RatingsDataset, protocol: Protocol, threads: int) -> dict[str, Any]:
    """Train a model and return its scores, those of its baselines, and the seconds of the training."""
    trained = model(name)
    its_task = task_of(trained)
    with tempfile.TemporaryDirectory() as scratch:
        parts = its_task.split(dataset, protocol, Path(scratch))
        context = QuietContext(Path(scratch), n_threads=threads)
        started = time.perf_counter()
        result = trained.train(parts.learned, trained.defaults(dataset.imported.counts), context)
        seconds = time.perf_counter() - started
    return {**its_task.judge(result, parts), "seconds": seconds}


def measure_rival(name: str, dataset: RatingsDataset, protocol: Protocol) -> dict[str, Any]:
    """Train a rival on the same parts and score it by the same functions."""
    rival = RIVALS[name]
    its_task = task(rival.task)
    with tempfile.TemporaryDirectory() as scratch:
        parts = its_task.split(dataset, protocol, Path(scratch))
    started = time.perf_counter()
    ability = rival.train(parts.learned)
    seconds = time.perf_counter() - started
    return {**its_task.judge(TrainingResult({}, State({}), (ability,)), parts), "seconds": seconds}


def mean_of(measured: list[dict[str, Any]], name: str, baseline: str = "") -> tuple[float, float] | None:
    """Return mean and standard deviation over the seeds of a score, of the model or of a baseline; None without it."""
    sources = [each.get("baselines", {}).get(baseline, {}) if baseline else each for each in measured]
    values = [float(each[name]) for each in sources if each.get(name) is not None]
    return (float(np.mean(values)), float(np.std(values))) if values else None


def row(title: str, measured: list[dict[str, Any]], baseline: str = "") -> str:
    """Return the scores of a model or baseline as a row of a Markdown table."""
    cells = []
    for name in COLUMNS:
        found = mean_of(measured, name, baseline)
        digits = 0 if name == "popularity@10" else 4
        cells.append("" if found is None else f"{found[0]:.{digits}f} ({found[1]:.{digits}f})")
    seconds = "" if baseline else f"{np.median([each['seconds'] for each in measured]):.1f}"
    return f"| {title} | {' | '.join(cells)} | {seconds} |"


def main() -> None:
    """Run the benchmark and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA / "ml-latest-small" / "ratings.csv")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--models", default="", help="names separated by commas; default: all")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rivals", action="store_true")
    parser.add_argument("--out", type=Path, help="write all scores as JSON")
    args = parser.parse_args()
    print(f"{args.data}, {args.seeds} seeds of the split: mean (standard deviation); {machine()}")
    print(f"| model | {' | '.join(COLUMNS)} | seconds |\n|---|{'---|' * (len(COLUMNS) + 1)}", flush=True)
    all_measured: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        dataset = imported(args.data, Path(folder) / "dataset")

        def run(title: str, once: Callable[[Protocol], dict[str, Any]]) -> None:
            protocols = [Protocol("random", seed, 0.1, 0.1) for seed in range(args.seeds)]
            all_measured[title] = [once(protocol) for protocol in protocols]
            print(row(title, all_measured[title]), flush=True)

        for name in recommenders(args.models):
            run(name, partial(measure, name, dataset, threads=args.threads))
        for name, rival in RIVALS.items() if args.rivals else ():
            if not rival.is_installed():
                print(f"| {name} | not installed: pip install -r benchmarks/requirements.txt |")
                continue
            run(name, partial(measure_rival, name, dataset))
    # Every model is scored beside the same baselines.
    for baseline in ("global_mean", "item_mean", "user_item_bias", "popularity", "ease"):
        source = next((each for each in all_measured.values() if baseline in each[0].get("baselines", {})), None)
        if source is not None:
            print(row(f"baseline {baseline}", source, baseline))
    print(f"load {os.getloadavg()[0]:.1f}")
    if args.out:
        write_json(args.out, all_measured)


if __name__ == "__main__":
    main()
