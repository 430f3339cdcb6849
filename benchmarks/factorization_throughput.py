"""Throughput of matrix factorization in EmbedLab and of the same Keras network with plain `fit`, in ratings per second.

``python -m benchmarks.factorization_throughput [--pairs 3]``
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.side_by_side import DATA, compare, report
from embedlab.kinds.ratings import Ratings, RatingsDataset, RatingsSplit, guess_ratings_options, import_ratings
from embedlab.models.contract.base import QuietContext
from embedlab.models.matrix_factorization.network import build_network
from embedlab.models.registry import model
from embedlab.models.shared.keras_steps.tables import TableL2
from embedlab.models.shared.keras_training import start_tensorflow
from embedlab.reading.sources import Limits

EPOCHS = 20


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    start_tensorflow(args.threads)
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        source = DATA / "ml-latest-small" / "ratings.csv"
        limits = Limits()
        import_ratings(source, guess_ratings_options(source, limits), folder, limits=limits).save(folder)
        split = RatingsDataset.open(folder).split(0).without_test()
        cases: dict[str, dict[str, Any]] = {
            "as in the course": {"n_factors": 8, "biases": False, "l2": 0.0, "batch_size": 5000},
            "small batches, biases": {"n_factors": 32, "biases": True, "batch_size": 512},
        }
        for title, given in cases.items():
            _measure(title, given, split, folder, args.pairs)


def _measure(title: str, given: dict[str, Any], split: RatingsSplit, folder: Path, pairs: int) -> None:
    factorization = model("matrix-factorization")
    parameters = factorization.parameters_class.checked({**given, "epochs": EPOCHS, "patience": EPOCHS})
    n_ratings = len(split.train)

    def ours() -> float:
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            started = time.perf_counter()
            context = QuietContext(Path(scratch), n_threads=2)
            factorization.train(split, parameters, context)
            return len(context.history) * n_ratings / (time.perf_counter() - started)

    def plain_fit() -> float:
        import keras

        started = time.perf_counter()
        mean, spread = float(split.train.ratings.mean()), float(split.train.ratings.std())
        network = build_network(
            int(split.dataset.imported.counts["users"]),
            int(split.dataset.imported.counts["items"]),
            n_factors=parameters.n_factors,
            biases=parameters.biases,
            l2={
                "user_factors": TableL2(parameters.l2 / n_ratings),
                "item_factors": TableL2(parameters.l2 / n_ratings),
            },
            seed=0,
        )
        network.compile(keras.optimizers.Adam(parameters.learning_rate), "mse")

        def standard(part: Ratings) -> tuple[list[np.ndarray], np.ndarray]:
            return [part.users, part.items], ((part.ratings - mean) / spread).astype(np.float32)

        network.fit(
            *standard(split.train),
            validation_data=standard(split.validation),
            batch_size=parameters.batch_size,
            epochs=EPOCHS,
            verbose=0,
        )
        return EPOCHS * n_ratings / (time.perf_counter() - started)

    report(f"Matrix factorization, {title}", *compare(ours, plain_fit, pairs))


if __name__ == "__main__":
    main()
