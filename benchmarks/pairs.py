"""Retrieval across kinds by two towers beside popularity, TF-IDF and CCA.

``python -m benchmarks.pairs [--data FOLDER] [--cases digits,films,messages] [--seeds 0,1,2]``

`digits`: handwritten digits and their names in ten languages, whole (language, digit) pairs held out; `films`: titles
and genres, and users and films they liked, of ml-latest-small; `messages`: texts and labels of sms-spam. Real
data is looked for in `EMBEDLAB_TEST_DATA` (default `../shared/data`).
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.side_by_side import DATA, machine
from embedlab.kinds.base import BuildContext
from embedlab.kinds.pairs.dataset import PairsDataset
from embedlab.kinds.pairs.options import PairsOptions
from embedlab.kinds.registry import kind
from embedlab.models.contract.base import QuietContext
from embedlab.models.registry import model
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.samples.digit_names import OPTIONS, write_digit_names
from embedlab.tasks.registry import task

COLUMNS = ("recall@1", "recall@10", "mrr", "reverse_recall@1", "reverse_mrr")


def imported(source: Path, options: Mapping[str, Any], folder: Path) -> PairsDataset:
    """Import a file of pairs; prints the seconds."""
    pairs = kind("pairs")
    folder.mkdir()
    started = time.perf_counter()
    pairs.build(OpenedUpload(source, Limits()), PairsOptions(**options), folder, BuildContext())
    print(f"imported in {time.perf_counter() - started:.1f} s")
    return PairsDataset.open(folder)


def measure(dataset: PairsDataset, seed: int, values: Mapping[str, Any]) -> None:
    """Train with the default parameters and print the scores beside those of the baselines."""
    trained, retrieval = model("two-tower"), task("retrieval")
    counts = dataset.imported.counts
    protocol = replace(kind("pairs").default_protocol(counts), seed=seed)
    defaults = trained.defaults(counts).model_dump()
    parameters = trained.parameters_class.checked({**defaults, "seed": seed, **values})
    estimate = trained.estimate(counts, parameters, 2)
    with tempfile.TemporaryDirectory() as scratch:
        parts = retrieval.split(dataset, protocol, Path(scratch))
        context = QuietContext(Path(scratch), n_threads=2)
        started, cpu_started = time.perf_counter(), time.process_time()
        result = trained.train(parts.learned, parameters, context)
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        scores = retrieval.judge(result, parts)
    print(
        f"seed {seed}: {len(context.history)} epochs in {seconds:.0f} s ({cpu_seconds:.0f} s of CPU time, estimated "
        f"{estimate.seconds:.0f} s), {memory:.0f} MB (estimated {estimate.memory_mb:.0f} MB)"
    )
    for source, found in {"two-tower": scores, **scores["baselines"]}.items():
        print(f"  {source:14}", *(f"{name} {found[name]:.3f}" for name in COLUMNS))
    print("  intervals     ", {name: [round(end, 3) for end in scores["intervals"].get(name, [])] for name in COLUMNS})


def cases(name: str, data: Path, folder: Path) -> list[tuple[str, Path, dict[str, Any], dict[str, Any]]]:
    """Return the title, file, import options and parameters of the cases of a name."""
    small = data / "ml-latest-small"
    if name == "digits":
        write_digit_names(folder / "digits.zip")
        values = {"vector_size": 16, "epochs": 20, "batch_size": 256}
        return [("digits and names", folder / "digits.zip", dict(OPTIONS), values)]
    if name == "films":
        liked = pd.read_csv(small / "ratings.csv").query("rating >= 4")[["userId", "movieId"]]
        liked.to_csv(folder / "liked.csv", index=False)
        return [
            ("titles and genres", small / "movies.csv", {}, {}),
            ("users and liked films", folder / "liked.csv", {"left": "userId", "right": "movieId"}, {}),
        ]
    return [("messages and labels", data / "sms-spam" / "SMSSpamCollection", {}, {})]


def main() -> None:
    """Measure the chosen cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--cases", default="digits,films,messages")
    parser.add_argument("--seeds", default="0")
    chosen = parser.parse_args()
    print(machine())
    for name in chosen.cases.split(","):
        with tempfile.TemporaryDirectory() as scratch:
            for number, (title, path, options, values) in enumerate(cases(name, chosen.data, Path(scratch))):
                print(f"\n{title}")
                dataset = imported(path, options, Path(scratch) / f"set{number}")
                print(dict(dataset.imported.counts))
                for seed in chosen.seeds.split(","):
                    measure(dataset, int(seed), values)


if __name__ == "__main__":
    main()
