"""The outcome of a job: a result, and how to store it in the catalog in the job's last transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Outcome:
    """The outcome of a job, whose files are already in place.

    Parameters
    ----------
    result
        Ids and figures, as JSON.
    store
        Inserts the catalog's rows, in the transaction that marks the job as succeeded.
    afterwards
        Cleanup after that transaction.
    """

    result: dict[str, Any]
    store: Callable[[sa.Connection], None]
    afterwards: Callable[[], None] = _nothing
