"""Summary of a run in one line."""

from __future__ import annotations

from embedlab.ui.widgets.wording import ago, duration, number
from embedlab.workspace.rows import RunRow


def figures_line(run: RunRow) -> str:
    """Return the age, dimensions and duration of a run in one line."""
    size = next((run.parameters[name] for name in ("vector_size", "n_factors") if name in run.parameters), None)
    parts = [ago(run.created_at)]
    if size is not None:
        parts.append(f"{number(size)} dimensions")
    if run.elapsed_s is not None:
        parts.append(duration(run.elapsed_s))
    return " · ".join(parts)
