"""Rows of a large workspace with JSON as trainings write it, and the statements that a page sends to its database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from embedlab.workspace import tables
from embedlab.workspace.catalog import new_id
from embedlab.workspace.workspace import Workspace

#: What was kept long ago is at most this old: 2024-07-03.
_OLDEST_S = 1_720_000_000.0
_PARAMETERS = {
    "vector_size": 100,
    "window": 5,
    "min_count": 5,
    "epochs": 5,
    "alpha": 0.05,
    "min_alpha": 0.0001,
    "sample": 0.001,
    "negative": 5,
    "workers": 2,
    "sg": True,
    "seed": 0,
    "start_from": "",
}
_OPTIONS = {
    "layout": "delimited",
    "delimiter": "\t",
    "has_header": True,
    "text_column": 1,
    "label_column": 0,
    "tokenizer": {"lowercase": True, "split_hyphens": False, "keep_numbers": True, "stop_words": []},
    "phrases": {"min_count": 5, "threshold": 10.0},
    "encoding": "utf-8",
}
_DETAILS = {
    "labels": {
        "different": 40,
        "most_frequent": [
            {"label": f"a label of some length {number}", "documents": 900 - number, "share": 0.02}
            for number in range(40)
        ],
    },
    "phrases": {
        "found": 400,
        "occurrences": 9000,
        "most_frequent": [[f"new_phrase_{number}", 100 - number] for number in range(40)],
    },
}
_PROTOCOL = {"name": "random", "seed": 0, "validation_share": 0.1, "test_share": 0.1, "duplicates": "together"}


@dataclass(frozen=True)
class Added:
    """Ids of what `add_rows` has added, oldest first."""

    datasets: Sequence[str]
    runs: Sequence[str]
    embeddings: Sequence[str]
    projections: Sequence[str]


def add_rows(
    workspace: Workspace,
    n_datasets: int,
    n_runs: int,
    *,
    on_dataset: str | None = None,
    n_on_dataset: int = 0,
    newest_at: float = _OLDEST_S,
) -> Added:
    """Add datasets, and runs with an embedding and a map each; the newest of them were made at `newest_at`.

    Parameters
    ----------
    n_datasets, n_runs
        How many; the runs are spread over the datasets.
    on_dataset, n_on_dataset
        So many of the runs are on a dataset that is there already.
    """
    owner = {"owner": workspace.catalog.owner}
    dataset_ids = [new_id() for _ in range(n_datasets)]
    run_ids, embedding_ids, projection_ids = ([new_id() for _ in range(n_runs)] for _ in range(3))
    kinds = ("text", "ratings")

    def at(place: int, n: int) -> float:
        return newest_at - 60.0 * (n - 1 - place)

    datasets = [
        {"id": row_id, "name": f"Reviews of hotels, part {place}", "kind": kinds[place % 2], "digest": f"{place:064x}"}
        | {"counts": _counts(kinds[place % 2]), "options": _OPTIONS, "warnings": ["3 lines were empty."]}
        | {"details": _DETAILS, "size_bytes": 1000 + place, "created_at": at(place, n_datasets), "protocol": None}
        for place, row_id in enumerate(dataset_ids)
    ]
    jobs, runs, embeddings, projections = [], [], [], []
    for place, run_id in enumerate(run_ids):
        # Ratings have odd places.
        of = on_dataset if place < n_on_dataset and on_dataset else dataset_ids[place % n_datasets]
        is_text = place < n_on_dataset or place % n_datasets % 2 == 0
        model, name = ("word2vec", "words") if is_text else ("matrix-factorization", "items")
        created_at = at(place, n_runs)
        parameters = {**_PARAMETERS, "seed": place}
        scores = _scores(place)
        title = f"{model} on part {place % n_datasets}"
        request = {"dataset_id": of, "model": model, "parameters": parameters}
        result = {"embeddings": {name: embedding_ids[place]}, "scores": scores, "peak_memory_mb": 300.0, "n_threads": 1}
        jobs.append(
            {"id": run_id, "kind": "train", "status": "succeeded", "title": title, "request": request, "attempt": 1}
            | {"result": result, "started_at": created_at, "finished_at": created_at + 30, "created_at": created_at}
        )
        runs.append(
            {"id": run_id, "name": title, "dataset_id": of, "model": model, "parameters": parameters, "scores": scores}
            | {"versions": {"gensim": "4.4.0", "numpy": "2.3.0", "embedlab": "1.0"}, "created_at": created_at}
            | {"protocol": None if is_text else _PROTOCOL}
        )
        embeddings.append(
            {"id": embedding_ids[place], "name": name, "title": f"{title}: {name}", "run_id": run_id, "dataset_id": of}
            | {"n_keys": 20_000, "vector_size": 100, "size_bytes": 8_000_000, "created_at": created_at}
        )
        projections.append(
            {"id": projection_ids[place], "embedding_id": embedding_ids[place], "method": "pca", "n_components": 2}
            | {"parameters": {}, "seed": 0, "quality": {"knn_recall_10": 0.1}, "created_at": created_at}
        )
        other = {"kind": "project", "status": "succeeded", "title": f"pca map of {title}", "attempt": 1}
        asked = {"embedding_id": embedding_ids[place], "method": "pca", "n_components": 2, "parameters": {}, "seed": 0}
        jobs.append(
            {"id": new_id(), "request": asked, "result": {"projection_id": projection_ids[place]}}
            | {**other, "started_at": created_at, "finished_at": created_at + 1, "created_at": created_at}
        )
    with workspace.transaction() as connection:
        for table, rows in (
            (tables.datasets, datasets),
            (tables.jobs, jobs),
            (tables.runs, runs),
            (tables.embeddings, embeddings),
            (tables.projections, projections),
        ):
            if rows:
                connection.execute(sa.insert(table), [{**owner, **row} for row in rows])
    return Added(dataset_ids, run_ids, embedding_ids, projection_ids)


def add_folders(workspace: Workspace, added: Added) -> None:
    """Make a tiny folder for each of the rows."""
    layout = workspace.layout
    folders = [
        *map(layout.dataset, added.datasets),
        *map(layout.run, added.runs),
        *map(layout.job, added.runs),
        *map(layout.embedding, added.embeddings),
        *map(layout.projection, added.projections),
    ]
    for folder in folders:
        folder.mkdir()
        (folder / "about.json").write_text('{"of": "a large workspace"}', encoding="utf-8")
    for run_id in added.runs:
        lines = "".join(f'{{"epoch": {epoch}, "loss": {1 / (epoch + 1):.4f}}}\n' for epoch in range(5))
        (layout.job(run_id) / "history.jsonl").write_text(lines, encoding="utf-8")


def _counts(kind: str) -> dict[str, int]:
    if kind == "text":
        return {"documents": 9000, "tokens": 400_000, "vocabulary": 20_000}
    return {"ratings": 100_000, "users": 600, "items": 9000}


def _scores(place: int) -> dict[str, Any]:
    value = 0.5 + place % 100 / 1000
    near = {
        "value": value,
        "interval": [value - 0.05, value + 0.05],
        "n_cases": 200,
        "n_total": 353,
        "better": "higher",
    }
    results = [{"kind": "check", "text": f"hotel near resort {number}", "passed": True} for number in range(10)]
    return {
        "test_rmse": value,
        "validation_rmse": value + 0.01,
        "interval": {"test_rmse": [value - 0.01, value + 0.01]},
        "baselines": {name: {"test_rmse": 1.0} for name in ("user_mean", "item_mean", "biases")},
        "wordsim": near,
        "simlex": near,
        "checks": {"value": value, "results": results},
    }


@contextmanager
def statements() -> Iterator[list[str]]:
    """Note the SQL statements of the block, whichever thread and engine sends them."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
