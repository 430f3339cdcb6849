"""Yardsticks of a dataset, by which its embeddings are evaluated: checks, pairs, analogies."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from embedlab.core.errors import NotFoundError
from embedlab.workspace.catalog import checked_name, new_id
from embedlab.workspace.rows import YardstickRow
from embedlab.workspace.tables import EpochNow, yardsticks
from embedlab.workspace.workspace import Workspace

#: The kind of yardsticks that are pairs of words with their similarity.
WORD_PAIRS = "pairs"


def yardsticks_of(workspace: Workspace, dataset_id: str) -> list[YardstickRow]:
    """Return the yardsticks of a dataset, oldest first."""
    return workspace.catalog.find(yardsticks, yardsticks.c.dataset_id == dataset_id, newest_first=False)


def add_yardstick(workspace: Workspace, dataset_id: str, kind: str, name: str, content: Any) -> YardstickRow:
    """Add a yardstick to a dataset.

    Parameters
    ----------
    kind
        check, pairs or analogies.
    name
        The check's sentence, or the file's name.
    content
        The content of the file, as JSON.

    Raises
    ------
    NotFoundError
        There is no such dataset.
    """
    workspace.dataset(dataset_id)
    row_id = new_id()
    values = {
        "id": row_id,
        "dataset_id": dataset_id,
        "kind": kind,
        # The name of a check is its sentence, which may be longer than other names.
        "name": name if kind == "check" else checked_name(name),
        "content": content,
        "created_at": EpochNow(),
    }
    with workspace.transaction() as connection:
        workspace.catalog.insert(connection, yardsticks, values)
    row: YardstickRow = workspace.catalog.get(yardsticks, row_id)
    return row


def remove_yardstick(workspace: Workspace, dataset_id: str, yardstick_id: str) -> None:
    """Delete a yardstick of a dataset; raises `NotFoundError` if it does not exist."""
    condition = (
        (yardsticks.c.owner == workspace.catalog.owner)
        & (yardsticks.c.dataset_id == dataset_id)
        & (yardsticks.c.id == yardstick_id)
    )
    with workspace.transaction() as connection:
        if connection.execute(sa.delete(yardsticks).where(condition)).rowcount == 0:
            raise NotFoundError("This check or file has already been deleted.", received=yardstick_id)
