"""Finished runs that recommend, kept in a workspace without training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from embedlab.core.embedding import Embedding
from embedlab.kinds.ratings import RatingsDataset, RatingsOptions, import_ratings
from embedlab.models.contract.state import State
from embedlab.models.popularity.ranker import PopularityRanker
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace
from tests.finished_run import keep_finished_run
from tests.ridge_recommender import RatesOnly, Ridge, item_embedding, item_weights_ranker


def keep_dataset(
    workspace: Workspace, files: tuple[Path, ...], *, implicit: bool = False
) -> tuple[str, RatingsDataset]:
    """Import ratings and, if there is a second file, items into the workspace; return the id and the dataset."""
    dataset_id = new_id()
    folder = workspace.dataset_folder(dataset_id)
    folder.mkdir(parents=True)
    items = files[1] if len(files) > 1 else None
    imported = import_ratings(files[0], RatingsOptions(), folder, items_path=items)
    if implicit:
        # Choices, whatever the ratings were.
        imported.details["feedback"] = "implicit"
        np.save(folder / "ratings.npy", np.ones(int(imported.counts["ratings"]), np.float32))
    imported.save(folder)
    return dataset_id, RatingsDataset.open(folder)


def keep_ranking_run(
    workspace: Workspace, dataset_id: str, dataset: RatingsDataset, *, model: str = "ease", name: str = "Weights"
) -> RunRow:
    """Keep a run of EASE whose weights count the users who rated both items, or of the most popular items."""
    shape = len(dataset.users), len(dataset.items)
    # What a run of this dataset learns from.
    ratings = dataset.split(0).known
    ratings = ratings.take(np.flatnonzero((ratings.ratings >= 4) | (dataset.feedback == "implicit")))
    matrix = csr_array((np.ones(len(ratings), np.float32), (ratings.users, ratings.items)), shape=shape)
    if model == "popularity":
        return _keep(
            workspace, dataset_id, dataset, model, name, PopularityRanker(matrix.sum(axis=0)).state(), "ranker", {}
        )
    weights = np.asarray((matrix.T @ matrix).todense(), dtype=np.float32)
    np.fill_diagonal(weights, 0)
    rows = np.arange(shape[1], dtype=np.int32)
    state = item_weights_ranker(rows, weights, matrix, shape[1]).state()
    return _keep(workspace, dataset_id, dataset, model, name, state, "ranker", {})


def keep_ridge_run(
    workspace: Workspace, dataset_id: str, dataset: RatingsDataset, *, n_factors: int = 2, missing: str = ""
) -> RunRow:
    """Keep a run with user and item vectors in one space; `missing` is an item without a vector."""
    random = np.random.default_rng(5)
    users = random.normal(size=(len(dataset.users), n_factors)).astype(np.float32)
    items = random.normal(size=(len(dataset.items), n_factors)).astype(np.float32)
    ability = Ridge(users, items, np.zeros(len(dataset.items), np.float32))
    embeddings = {
        "items": item_embedding(dataset, items, [key for key in dataset.item_keys if key != missing]),
        "users": Embedding(users, dataset.user_keys, metadata=dataset.users[["count"]]),
    }
    return _keep(workspace, dataset_id, dataset, "test-ridge", "Ridge", ability.state(), "predictor", embeddings)


def keep_rates_only_run(workspace: Workspace, dataset_id: str, dataset: RatingsDataset) -> RunRow:
    """Keep a run that predicts ratings and can do nothing else."""
    ability = RatesOnly(np.linspace(1, 5, len(dataset.items), dtype=np.float32))
    return _keep(workspace, dataset_id, dataset, "test-rates-only", "Ratings", ability.state(), "predictor", {})


def _keep(
    workspace: Workspace,
    dataset_id: str,
    dataset: RatingsDataset,
    model: str,
    name: str,
    state: State,
    folder: str,
    embeddings: Mapping[str, Embedding],
) -> RunRow:
    run_id = new_id()
    kept = keep_finished_run(
        workspace,
        dataset.imported,
        dataset_id,
        run_id,
        name=name,
        model=model,
        predictor=state,
        embeddings=embeddings,
    )
    if folder != "predictor":
        (workspace.run_folder(run_id) / "predictor").rename(workspace.run_folder(run_id) / folder)
    return kept
