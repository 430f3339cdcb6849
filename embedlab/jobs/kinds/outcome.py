"""What a job leaves: a result, and how to enter it into the catalog in the job's last transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Outcome:
    """The end of a job's work; its files are in place already.

    Parameters
    ----------
    result
        What the job made, as JSON: ids and figures.
    store
        Writes the catalog's rows, in the transaction that marks the job as succeeded.
    afterwards
        Clean-up once that transaction is through.
    """

    result: dict[str, Any]
    store: Callable[[sa.Connection], None]
    afterwards: Callable[[], None] = _nothing
