"""The address of a map with what to show on it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from embedlab.cli.export import find_or_make_projection

if TYPE_CHECKING:
    from embedlab.jobs.jobs import Jobs
    from embedlab.workspace.rows import EmbeddingRow


def map_address(
    jobs: Jobs, row: EmbeddingRow, *, method: str | None = None, color: str | None = None, highlight: bool = False
) -> str:
    """Return the path and the parameters of the Map page, below the address of the app.

    Parameters
    ----------
    jobs
        Computes the map if the method has none yet.
    row
        The embedding.
    method
        Name of a projection method; None for the newest map.
    color
        A metadata column.
    highlight
        Whether to select the keys that a program has highlighted.

    Raises
    ------
    InputError
        There is no such method, or it cannot map this embedding.
    """
    values = {"embedding": row.id}
    if method is not None:
        values["projection"] = find_or_make_projection(jobs, row, method, 2, None, 0)[0].id
    if color is not None:
        values["color"] = color
    if highlight:
        values["highlight"] = "1"
    return f"map?{urlencode(values)}"
