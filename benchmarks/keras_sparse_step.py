"""Sparse training steps of Keras tables beside plain `fit` with Adam, at the size of 20 million ratings.

``python -m benchmarks.keras_sparse_step [--ratings 2000000] [--epochs 3]``

The tables have the size of MovieLens 20M (138,493 users, 26,744 items); the ratings are simulated. Both train the same
network from the same initial values on the same batch size, and predict the same held-out ratings.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from embedlab.kinds.ratings import Ratings
from embedlab.models.matrix_factorization.network import build_network, rating_of_rows
from embedlab.models.shared.keras_steps.rating_trainer import RatingTrainer, rating_trainer
from embedlab.models.shared.keras_steps.tables import TableL2
from embedlab.models.shared.keras_training import start_tensorflow

N_USERS, N_ITEMS = 138_493, 26_744
LEARNING_RATE = 0.005


def simulated(n_ratings: int, seed: int = 0) -> tuple[Ratings, Ratings]:
    """Return training and held-out ratings of planted rank 4; a few items have most of the ratings."""
    rng = np.random.default_rng(seed)
    users = rng.choice(N_USERS, n_ratings, p=_shares(N_USERS, 0.6)).astype(np.int32)
    items = rng.choice(N_ITEMS, n_ratings, p=_shares(N_ITEMS, 0.9)).astype(np.int32)
    tastes, traits = rng.normal(scale=0.5, size=(N_USERS, 4)), rng.normal(scale=0.5, size=(N_ITEMS, 4))
    values = np.einsum("nk,nk->n", tastes[users], traits[items])
    values += rng.normal(scale=0.4, size=N_USERS)[users] + rng.normal(scale=0.4, size=N_ITEMS)[items]
    values += rng.normal(scale=0.7, size=n_ratings)
    ratings = ((values - values.mean()) / values.std()).astype(np.float32)
    is_held_out = rng.random(n_ratings) < 0.05
    both = Ratings(users, items, ratings)
    return both.take(np.flatnonzero(~is_held_out)), both.take(np.flatnonzero(is_held_out))


def _shares(n: int, exponent: float) -> np.ndarray:
    weights = (10.0 + np.arange(n)) ** -exponent
    return weights / weights.sum()


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(started: tuple[float, float]) -> tuple[float, float]:
    wall, processor = _clocks()
    return wall - started[0], processor - started[1]


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ratings", type=int, default=2_000_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--factors", type=int, default=16)
    parser.add_argument("--batch", type=int, default=5_000)
    parser.add_argument("--l2", type=float, default=12.0, help="in pseudo-ratings")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--without-fit", action="store_true", help="only the dense and the sparse steps")
    args = parser.parse_args()
    start_tensorflow(args.threads)
    train, held_out = simulated(args.ratings)
    strength = args.l2 / len(train)
    l2 = {
        f"{side}_{table}": TableL2(strength if table == "factors" else strength / 4)
        for side in ("user", "item")
        for table in ("factors", "biases")
    }

    def network() -> object:
        return build_network(N_USERS, N_ITEMS, n_factors=args.factors, biases=True, l2=l2, seed=0)

    def rmse(built: object) -> float:
        predicted = built.predict([held_out.users, held_out.items], batch_size=65_536, verbose=0)[:, 0]  # type: ignore[attr-defined]
        return float(np.sqrt(np.mean((predicted - held_out.ratings) ** 2)))

    def report(name: str, seconds: list[tuple[float, float]], error: float) -> None:
        # The first epoch compiles.
        rate, per_core = (len(train) / np.median([each[place] for each in seconds[1:] or seconds]) for place in (0, 1))
        print(
            f"{name:>16}: {rate:12,.0f} ratings/s, {per_core:12,.0f} per CPU second, "
            f"RMSE {error:.4f} after {args.epochs} epochs",
            flush=True,
        )

    def ours(sparse: bool) -> None:
        built = network()
        trainer: RatingTrainer = rating_trainer(
            built, l2=l2, sparse=sparse, learning_rate=LEARNING_RATE, batch_size=args.batch, seed=0, head=rating_of_rows
        )
        seconds = []
        for epoch in range(args.epochs):
            started = _clocks()
            trainer.train_epoch(train, train.ratings, epoch, lambda _: None)
            seconds.append(_since(started))
        report("sparse steps" if sparse else "dense steps", seconds, rmse(built))

    def plain_fit() -> None:
        import keras

        built = network()
        built.compile(keras.optimizers.Adam(LEARNING_RATE), "mse")  # type: ignore[attr-defined]
        seconds = []
        for _ in range(args.epochs):
            started = _clocks()
            built.fit([train.users, train.items], train.ratings, batch_size=args.batch, verbose=0)  # type: ignore[attr-defined]
            seconds.append(_since(started))
        report("plain fit", seconds, rmse(built))

    ours(sparse=True)
    ours(sparse=False)
    if not args.without_fit:
        plain_fit()


if __name__ == "__main__":
    main()
