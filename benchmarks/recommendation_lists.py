"""Time of whole lists of recommendations as pages and commands show them: filters, popularity, reasons.

Run: python -m benchmarks.recommendation_lists [--items 27000] [--factors 64]

Nothing is trained: factors and item-to-item weights are random, since the time depends on the shapes alone.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from embedlab.exploration.new_things.item_filter import ItemFilter
from embedlab.exploration.new_things.own_ratings import OwnRatings
from embedlab.exploration.new_things.reasons import explain_own
from embedlab.exploration.new_things.recommender import Recommender, Wish, split_without_test
from embedlab.kinds.ratings import RatingsDataset, RatingsOptions, import_ratings
from embedlab.models.contract.abilities import Ranks
from embedlab.models.matrix_factorization.predictor import FactorPredictor
from embedlab.models.registry import MODELS

_REPEATS = 15
_USERS = 200
_EASE_ITEMS = 6_000


def _dataset(folder: Path, n_items: int) -> RatingsDataset:
    """Import ratings in which every item occurs, with genres and years."""
    random = np.random.default_rng(0)
    users, items = np.arange(n_items) % _USERS, np.arange(n_items)
    ratings = random.integers(1, 6, n_items)
    lines = [f"u{user},i{item},{rating}" for user, item, rating in zip(users, items, ratings, strict=True)]
    (folder / "ratings.csv").write_text("user,item,rating\n" + "\n".join(lines) + "\n")
    titles = [f"i{item},Title {item} ({1920 + item % 100}),{('Drama', 'Comedy', 'Crime')[item % 3]}" for item in items]
    (folder / "items.csv").write_text("item,title,genres\n" + "\n".join(titles) + "\n")
    built = folder / "dataset"
    built.mkdir()
    import_ratings(folder / "ratings.csv", RatingsOptions(), built, items_path=folder / "items.csv").save(built)
    return RatingsDataset.open(built)


def _median_ms(action: Callable[[], object]) -> float:
    action()
    seconds = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds)


def main() -> None:
    """Print the median time of each question in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=27_000)
    parser.add_argument("--factors", type=int, default=64)
    arguments = parser.parse_args()
    random = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as scratch:
        dataset = _dataset(Path(scratch), arguments.items)
        n_users, n_items = len(dataset.users), len(dataset.items)
        split = split_without_test(dataset)
        shape = (n_items, arguments.factors)
        predictor = FactorPredictor(
            random.normal(size=(n_users, arguments.factors)).astype(np.float32),
            random.normal(size=shape).astype(np.float32),
            np.zeros(n_users, np.float32),
            np.zeros(n_items, np.float32),
            3.0,
            1.0,
            (1.0, 5.0),
            np.ones(n_items, bool),
        )
        rates = Recommender.of(split, None, [predictor])
        n_known = min(_EASE_ITEMS, n_items)
        matrix = csr_array(
            (dataset.ratings.ratings, (dataset.ratings.users, dataset.ratings.items)), (n_users, n_items)
        )
        item_weights: Any = MODELS["ease"].ability(Ranks)
        ranker = item_weights(
            np.arange(n_known, dtype=np.int32),
            random.normal(size=(n_known, n_known)).astype(np.float32),
            csr_array(matrix[:, :n_known]),
            n_items,
        )
        ranks = Recommender.of(split, None, [ranker])
        own = OwnRatings(tuple(range(50)), (5.0,) * 50)
        narrow = Wish(items=ItemFilter(genres=("Drama",), first_year=1950, text="title 1"), popularity_weight=0.5)
        first = ranks.recommend_for(own)[0]
        questions: dict[str, Callable[[], object]] = {
            f"{arguments.factors} factors, one user": lambda: rates.recommend("u5"),
            f"{arguments.factors} factors, one user, filters and popularity": lambda: rates.recommend("u5", narrow),
            f"item weights ({n_known:,}), one user": lambda: ranks.recommend("u5"),
            f"item weights ({n_known:,}), fold-in of 50 choices": lambda: ranks.fold_in(own),
            f"item weights ({n_known:,}), list for 50 choices": lambda: ranks.recommend_for(own),
            f"item weights ({n_known:,}), reasons of one item": lambda: explain_own(ranks, own, first),
        }
        for name, question in questions.items():
            print(f"{_median_ms(question):8.2f} ms  {name}, {n_items:,} items")


if __name__ == "__main__":
    main()
