"""What a map says about its layout: how long it takes, where it started, whether it was stopped, what was laid out."""

from __future__ import annotations

from typing import Any

from embedlab.core.durations import rough_duration
from embedlab.core.plain import one_line
from embedlab.jobs.layouts.identity import layout_of
from embedlab.projections.base import ProjectionMethod
from embedlab.projections.sampling import plan_layout
from embedlab.ui.shell import resources
from embedlab.workspace.rows import ProjectionRow


def estimate_sentence(method: ProjectionMethod[Any], n_points: int, vector_size: int, parameters: Any) -> str:
    """Return how long maps by a method will take, in each number of dimensions, placing included."""
    most_seconds = resources.workspace().settings.map_time_s
    times = []
    for n_components in method.dimensions:
        plan = plan_layout(method, n_points, vector_size, n_components, parameters, most_seconds)
        times.append(f"{rough_duration(max(1.0, plan.seconds))} in {n_components}-D")
    return f"Takes about {', '.join(times)}."


def layout_sentences(row: ProjectionRow) -> list[str]:
    """Return how a map was laid out, in sentences; empty if there is nothing special about it."""
    layout = layout_of(row)
    sentences = []
    stopped = stopped_after(row)
    if stopped is not None:
        sentences.append(f"Stopped after {stopped[0]:,} of {stopped[1]:,} iterations.")
    n_sampled, n_points = layout.get("n_sampled"), row.quality.get("n_points")
    if isinstance(n_sampled, int):
        of_all = f" of {n_points:,}" if isinstance(n_points, int) else ""
        sentences.append(
            f"{n_sampled:,}{of_all} points were laid out, by cluster and frequency; the others are placed at their "
            "nearest neighbors among them."
        )
    if layout.get("approximate_neighbors") is True:
        sentences.append("Its neighbor graph is approximate.")
    if "start_from" in layout:
        title = one_line(str(layout.get("start_title") or ""), 60)
        sentences.append(f"Started from the map of {title}." if title else "Started from another map.")
    return sentences


def stopped_after(row: ProjectionRow) -> tuple[int, int] | None:
    """Return the finished and planned iterations of a map that was stopped early; None for a finished one."""
    stopped = layout_of(row).get("stopped_after")
    is_pair = isinstance(stopped, list) and len(stopped) == 2 and all(isinstance(number, int) for number in stopped)
    return (stopped[0], stopped[1]) if is_pair and stopped is not None else None


def settings_suffix(row: ProjectionRow) -> str:
    """Return what distinguishes a map from one with the same parameters, for its title; may be empty."""
    layout = layout_of(row)
    stopped = stopped_after(row)
    parts = [f"stopped after {stopped[0]:,}" if stopped else "", "from another map" if "start_from" in layout else ""]
    return ", ".join(part for part in parts if part)
