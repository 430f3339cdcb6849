"""Keeping a finished run in a workspace, written as its job would, without training."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from embedlab.core.embedding import Embedding
from embedlab.core.files import folder_size_bytes
from embedlab.jobs.kinds.embeddings import keep_embedding
from embedlab.kinds.base import Imported
from embedlab.models.contract.base import State
from embedlab.workspace.rows import RunRow, Status
from embedlab.workspace.tables import EpochNow, datasets, jobs, runs
from embedlab.workspace.workspace import Workspace


def keep_finished_run(
    workspace: Workspace,
    imported: Imported,
    dataset_id: str,
    run_id: str,
    *,
    name: str,
    model: str,
    predictor: State,
    embeddings: Mapping[str, Embedding],
    scores: Mapping[str, Any] | None = None,
) -> RunRow:
    """Keep a run on a dataset whose files lie in the workspace already."""
    predictor.save(workspace.run_folder(run_id) / "predictor")
    # What a run needs its job to be.
    job = {"id": run_id, "kind": "train", "status": Status.SUCCEEDED, "title": name, "request": {}, "attempt": 1}
    row = {
        "id": dataset_id,
        "name": name,
        "kind": imported.kind,
        "digest": "0" * 64,
        "counts": imported.counts,
        "options": imported.options,
        "warnings": imported.warnings,
        "details": imported.details,
        "size_bytes": folder_size_bytes(workspace.dataset_folder(dataset_id)),
        "created_at": EpochNow(),
    }
    run = {"id": run_id, "name": name, "dataset_id": dataset_id, "model": model, "scores": dict(scores or {})}
    context: Any = SimpleNamespace(makes=lambda path: path, n_threads=1)
    kept = [
        keep_embedding(
            workspace, context, embedding, name=each, title=f"{name}: {each}", run_id=run_id, dataset_id=dataset_id
        )
        for each, embedding in embeddings.items()
    ]
    has_dataset = dataset_id in {each.id for each in workspace.datasets()}
    with workspace.transaction() as connection:
        insert = workspace.catalog.insert
        if not has_dataset:
            insert(connection, datasets, row)
        insert(connection, jobs, {**job, "created_at": EpochNow(), "started_at": 1.0, "finished_at": 2.0})
        insert(connection, runs, {**run, "parameters": {}, "versions": {}, "created_at": EpochNow()})
        for each in kept:
            each.store(workspace, connection)
    return workspace.run(run_id)
