"""What a request for a training writes into the catalogue: the job and the run of the same id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from embedlab.jobs.queue import Queue
from embedlab.models.registry import model as model_of
from embedlab.plain import one_line
from embedlab.workspace.tables import EpochNow, runs

#: Ways to project an embedding.
METHODS = ("pca", "tsne")


def training_rows(
    queue: Queue,
    connection: sa.Connection,
    dataset_id: str,
    dataset_name: str,
    model_name: str,
    parameters: Mapping[str, Any],
    name: str | None = None,
) -> str:
    """Queue a training with checked parameters, within the caller's transaction; return the run's id.

    Raises
    ------
    NotFoundError, ParameterError
        There is no such model; a parameter is unknown or out of bounds.
    """
    model = model_of(model_name)
    checked = model.parameters_class.checked(parameters).model_dump(mode="json")
    title = one_line(name or f"{model.title} on {dataset_name}")
    request = {"dataset_id": dataset_id, "model": model_name, "parameters": checked}
    run_id = queue.submit(connection, "train", title, request)
    row = {
        "id": run_id,
        "name": title,
        "dataset_id": dataset_id,
        "model": model_name,
        "parameters": checked,
        "scores": {},
        "versions": {},
        "created_at": EpochNow(),
    }
    queue.catalogue.insert(connection, runs, row)
    return run_id
