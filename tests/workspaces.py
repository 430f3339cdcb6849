"""Fresh workspaces for tests: on SQLite always, on PostgreSQL too when EMBEDLAB_TEST_POSTGRES names a database."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from embedlab.core.embedding import Embedding
from embedlab.core.settings import Settings
from embedlab.jobs.engine.processes import this_process
from embedlab.workspace import tables
from embedlab.workspace.catalog import new_id
from embedlab.workspace.workspace import Workspace

POSTGRES = os.environ.get("EMBEDLAB_TEST_POSTGRES", "")


def _postgres_schema() -> Iterator[str]:
    url = sa.make_url(POSTGRES)
    url = url.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url)
    schema = f"test_{uuid.uuid4().hex}"
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    yield url.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRES else [])])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of an empty database; empty for the workspace's own SQLite."""
    if request.param == "sqlite":
        yield ""
    else:
        yield from _postgres_schema()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings of a fresh workspace with two slots."""
    return Settings(home=tmp_path / "home", database_url=database_url, slots=2, owner="ada", background_maps_s=0)


@pytest.fixture
def workspace(settings: Settings) -> Iterator[Workspace]:
    """A fresh workspace of the owner `ada`."""
    opened = Workspace.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def other_workspace(settings: Settings, workspace: Workspace) -> Iterator[Workspace]:
    """The same folder and database as `workspace`, as the owner `bob` sees them."""
    opened = Workspace.open(settings.model_copy(update={"owner": "bob"}))
    yield opened
    opened.close()


@dataclass(frozen=True)
class Filled:
    """Ids of what `fill` has put into a workspace."""

    dataset: str
    run: str
    embedding: str
    projection: str
    upload: str


def fill(workspace: Workspace, name: str = "texts", *, status: str = "succeeded", digest: str = "d" * 64) -> Filled:
    """Put one of everything into a workspace: a dataset, a run, its embedding of four keys with a map, an upload."""
    home = workspace.layout
    dataset, run, embedding, projection = (new_id() for _ in range(4))
    home.dataset(dataset).mkdir()
    (home.dataset(dataset) / "dataset.json").write_text("{}")
    home.job(run).mkdir()
    (home.job(run) / "log.txt").write_text("trained\n")
    home.run(run).mkdir()
    (home.run(run) / "run.json").write_text("{}")
    vectors = np.arange(12, dtype=np.float32).reshape(4, 3)
    Embedding(vectors, ["a", "b", "c", "d e"]).save(home.embedding(embedding))
    home.projection(projection).mkdir()
    np.save(home.projection(projection) / "coordinates.npy", vectors[:, :2], allow_pickle=False)
    rows: list[tuple[sa.Table, dict[str, Any]]] = [
        (tables.datasets, {"id": dataset, "name": name, "kind": "text", "digest": digest, "size_bytes": 2}),
        (
            tables.jobs,
            {"id": run, "kind": "train", "status": status, "title": name, "attempt": 1}
            | {"request": {"dataset_id": dataset, "model": "word2vec", "parameters": {}}},
        ),
        (tables.runs, {"id": run, "name": name, "dataset_id": dataset, "model": "word2vec", "versions": {}}),
        (
            tables.embeddings,
            {"id": embedding, "name": "words", "title": name, "run_id": run, "dataset_id": dataset, "n_keys": 4}
            | {"vector_size": 3, "size_bytes": 10},
        ),
        (
            tables.projections,
            {"id": projection, "embedding_id": embedding, "method": "pca", "n_components": 2, "seed": 0, "quality": {}},
        ),
        (
            tables.yardsticks,
            {"id": new_id(), "dataset_id": dataset, "kind": "check", "name": "a near b", "content": None},
        ),
    ]
    counts = {"documents": 1, "tokens": 4, "vocabulary": 4}
    empty = {"counts": counts, "options": {}, "warnings": [], "details": {}, "parameters": {}, "scores": {}}
    with workspace.transaction() as connection:
        for table, values in rows:
            needed = {key: value for key, value in empty.items() if key in table.c}
            workspace.catalog.insert(connection, table, {**needed, **values, "created_at": tables.EpochNow()})
    upload = workspace.stage_upload(io.BytesIO(b"hotel resort"), "hotels.txt").id
    return Filled(dataset, run, embedding, projection, upload)


def past_run(
    workspace: Workspace,
    dataset_id: str,
    model: str,
    parameters: dict[str, Any],
    took_s: float,
    *,
    peak_mb: Any = None,
    at: float = 0.0,
    **of_job: Any,
) -> str:
    """Put an ended training into a workspace that began `at` a moment and took `took_s`; return its id."""
    run_id = new_id()
    job = {
        "status": "succeeded",
        "attempt": 1,
        "worker": this_process(),
        "result": {"embeddings": {}, "scores": {}, "peak_memory_mb": peak_mb},
        "started_at": at,
        "finished_at": at + took_s,
    }
    about = {"id": run_id, "kind": "train", "title": "earlier", "request": {}, "created_at": at}
    run = {"id": run_id, "name": "earlier", "dataset_id": dataset_id, "model": model, "parameters": parameters}
    with workspace.transaction() as connection:
        workspace.catalog.insert(connection, tables.jobs, {**about, **job, **of_job})
        workspace.catalog.insert(connection, tables.runs, {**run, "scores": {}, "versions": {}, "created_at": at})
    return run_id
