"""`sweep`: training over a grid of settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.flags import Json, Settings, SnapshotEvery, parse_settings
from embedlab.cli.output import write_json, write_note, write_table
from embedlab.cli.work import follow, opened_jobs
from embedlab.core.errors import ConflictError, ParameterError

if TYPE_CHECKING:
    from embedlab.jobs.jobs import Jobs
    from embedlab.jobs.searches.results import SearchResult
    from embedlab.workspace.rows import DatasetRow

_EXAMPLE = "vector_size=2,4,8,16"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(sweep)


def sweep(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Id of a dataset.")],
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Name of a model, as listed by models.")],
    grid: Annotated[
        list[str],
        typer.Option("--grid", metavar="NAME=V1,V2,...", help="Values of one parameter to try; can be repeated."),
    ],
    settings: Settings = None,
    snapshot_every: SnapshotEvery = None,
    json: Json = False,
) -> None:
    """Train a model with every combination of settings. Ctrl-C cancels unfinished runs; finished ones are kept."""
    from embedlab.jobs.comparison import compare_runs
    from embedlab.jobs.estimates import origin
    from embedlab.jobs.protocols import run_protocol
    from embedlab.jobs.searches.sweeps import plan_sweep, submit_sweep
    from embedlab.models.registry import model as model_of

    schema = model_of(model).parameters_class.model_json_schema()
    fixed = parse_settings(settings, schema)
    grid_texts = parse_settings(grid, schema, "--grid", _EXAMPLE)
    values = {name: _values(name, text) for name, text in grid_texts.items()}
    both = sorted(fixed.keys() & values.keys())
    if both:
        raise ParameterError(
            "A parameter is in both --set and --grid.", received=both[0], remedy="Use only one of the two."
        )
    with opened_jobs() as jobs:
        row = jobs.workspace.dataset(dataset)
        plan = plan_sweep(jobs.workspace, row, model, values, fixed)
        write_note(f"{len(plan.parameters)} runs, about {plan.seconds:,.0f} s, {origin(plan.n_taught)}.")
        sweep_id, run_ids = submit_sweep(jobs, row.id, plan, snapshot_every=snapshot_every)
        try:
            for run_id in run_ids:
                row_now = follow(jobs, run_id)
                if row_now.status == "cancelled" and row_now.cancel_requested:
                    _cancel(jobs, run_ids)
        except KeyboardInterrupt:
            _cancel(jobs, run_ids)
            raise
        protocol = run_protocol(jobs.workspace.run(run_ids[0]), row)
        comparison = compare_runs(jobs.workspace, row.id, None if protocol is None else protocol.id)
        found = _searched(jobs, row, run_ids)
    places = {run.id: place for place, run in enumerate(comparison.runs)}
    results = [
        {
            "id": run_id,
            **setting,
            "status": str(comparison.runs[places[run_id]].status),
            "seconds": comparison.runs[places[run_id]].elapsed_s,
            "scores": _present({name: column.values[places[run_id]] for name, column in comparison.scores.items()}),
        }
        for run_id, setting in zip(run_ids, plan.settings, strict=True)
        if run_id in places
    ]
    if json:
        write_json({"sweep": sweep_id, "runs": results, "chosen": None if found is None else found.as_json()})
        return
    columns = {
        name: column for name, column in comparison.scores.items() if any(name in run["scores"] for run in results)
    }
    write_table(
        ["id", *values, "status", "seconds", *(column.title for column in columns.values())],
        [
            (
                run["id"],
                *(run.get(name) for name in values),
                run["status"],
                run["seconds"],
                *(run["scores"].get(name) for name in columns),
            )
            for run in results
        ],
        empty="",
    )
    if found is not None:
        _write_choice(found)


def _present(scores: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in scores.items() if value is not None}


def _searched(jobs: Jobs, dataset: DatasetRow, run_ids: Sequence[str]) -> SearchResult | None:
    """Return the result of the finished runs; None if there is none."""
    from embedlab.jobs.searches.results import search_result
    from embedlab.kinds.registry import kind_or_unknown
    from embedlab.workspace.rows import Status

    runs = [run for run in map(jobs.workspace.run, run_ids) if run.status == Status.SUCCEEDED]
    if not runs:
        return None
    return search_result(runs, dataset.counts, kind_or_unknown(dataset.kind).one_hot_count or "")


def _write_choice(found: SearchResult) -> None:
    """Write the chosen run and why; nothing without scores to choose by."""
    run = found.chosen
    if run is None or found.choice is None:
        return
    settings = ", ".join(f"{name} {value}" for name, value in found.setting(run).items())
    write_note(f"Chosen: {run.id} ({settings}): {found.choice.reason}.")
    if found.caution:
        write_note(found.caution)


def _values(name: str, text: Any) -> list[str]:
    values = [value.strip() for value in str(text).split(",") if value.strip()]
    if not values:
        raise ParameterError("--grid needs values.", received=name, remedy=f"Write --grid {_EXAMPLE}.")
    return values


def _cancel(jobs: Jobs, run_ids: Sequence[str]) -> None:
    for run_id in run_ids:
        with suppress(ConflictError):
            jobs.cancel(run_id)
