"""A finished run over ratings with planted tastes, written as its job would, without training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.kinds.ratings import RatingsDataset, RatingsOptions, import_ratings
from embedlab.models.matrix_factorization.predictor import FactorPredictor
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace
from tests.finished_run import keep_finished_run

HOSTILE_TITLE = "![](http://example.com/x.png) <script>"
#: Three action films and three romances; two of the titles are the same, one is hostile.
TITLES = ["Heat (1995)", "Ronin (1998)", HOSTILE_TITLE, "Emma (1996)", "Emma (1996)", "Clueless (1995)"]
ACTION = {"10", "20", "30"}


def write_planted(folder: Path) -> tuple[Path, Path]:
    """Write ratings of 8 users and the items file: users a.. like action, users b.. like romance.

    User a0 has rated all but films 30 and 60.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["user,item,rating"]
    for user in [f"{taste}{number}" for taste in "ab" for number in range(4)]:
        for number in range(6):
            item = f"{10 * (number + 1)}"
            if user == "a0" and item in {"30", "60"}:
                continue
            rows.append(f"{user},{item},{5 if (user[0] == 'a') == (item in ACTION) else 1}")
    (folder / "ratings.csv").write_text("\n".join(rows) + "\n")
    titles = "".join(f'{10 * (number + 1)},"{title}",Drama|Crime\n' for number, title in enumerate(TITLES))
    (folder / "movies.csv").write_text("movieId,title,genres\n" + titles)
    return folder / "ratings.csv", folder / "movies.csv"


def planted_predictor(dataset: RatingsDataset) -> FactorPredictor:
    """One factor: above zero for action and for those who like it."""
    users = np.array([[1.0 if key[0] == "a" else -1.0] for key in dataset.user_keys], dtype=np.float32)
    items = np.array([[1.0 if key in ACTION else -1.0] for key in dataset.items["key"]], dtype=np.float32)
    # Twice the spread, so that the prediction would leave the scale if it were not clipped.
    return FactorPredictor(
        users,
        items,
        np.zeros(len(users), np.float32),
        np.zeros(len(items), np.float32),
        mean=3.0,
        spread=4.0,
        scale=dataset.scale,
    )


def keep_run(
    workspace: Workspace,
    files: tuple[Path, Path],
    predictor_of: Callable[[RatingsDataset], FactorPredictor],
    name: str = "Planted tastes",
) -> RunRow:
    """Import the files and keep a run of matrix factorization with this predictor."""
    dataset_id, run_id = new_id(), new_id()
    folder = workspace.dataset_folder(dataset_id)
    folder.mkdir(parents=True)
    imported = import_ratings(files[0], RatingsOptions(), folder, items_path=files[1])
    imported.save(folder)
    dataset = RatingsDataset.open(folder)
    predictor = predictor_of(dataset)
    items = dataset.items
    embedding = Embedding(
        np.hstack([predictor.item_factors, np.full((len(items), 1), 0.1, np.float32)]),
        items["key"].tolist(),
        items["label"].tolist(),
        items.drop(columns=["key", "label"]),
    )
    return keep_finished_run(
        workspace,
        imported,
        dataset_id,
        run_id,
        name=name,
        model="matrix-factorization",
        predictor=predictor.state(),
        embeddings={"items": embedding},
    )
