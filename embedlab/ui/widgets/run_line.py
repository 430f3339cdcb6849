"""Summary of a run in one line."""

from __future__ import annotations

from embedlab.ui.widgets.wording import ago, duration, number
from embedlab.workspace.rows import RunRow


def figures_line(run: RunRow) -> str:
    """Return the age, dimensions and duration of a run in one line."""
    # 0 or empty: the training chose a size, which may be among the scores, or each embedding has its own.
    sizes = (run.parameters.get(name) or run.scores.get(name) for name in ("vector_size", "n_factors"))
    size = next((int(each) for each in sizes if isinstance(each, int | float) and each), None)
    parts = [ago(run.created_at)]
    if size is not None:
        parts.append(f"{number(size)} dimensions")
    if run.elapsed_s is not None:
        parts.append(duration(run.elapsed_s))
    return " · ".join(parts)
