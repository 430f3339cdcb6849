"""`datasets`, `runs`, `scores`, `models`, `methods`, `embeddings`, `jobs`: lists."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.counts import counts_text
from embedlab.cli.flags import Json, describe_parameters
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import opened_jobs, opened_workspace

if TYPE_CHECKING:
    from embedlab.kinds.protocols import Protocol
    from embedlab.models.contract.base import Model
    from embedlab.workspace.rows import DatasetRow, RunRow


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (datasets, runs, scores, models, methods, embeddings, jobs):
        app.command()(command)


def datasets(json: Json = False) -> None:
    """List the datasets."""
    with opened_workspace() as workspace:
        rows = workspace.datasets()
    if json:
        write_json([{**_described(row), "protocol": _protocol_of(row)} for row in rows])
        return
    write_table(
        ["id", "kind", "name", "counts", "added"],
        [(row.id, row.kind, row.name, counts_text(row.kind, row.counts), _date(row.created_at)) for row in rows],
        empty="No datasets yet. Import one: python -m embedlab import text FILE, or try: python -m embedlab sample",
    )


def runs(
    dataset: Annotated[str | None, typer.Option(help="Only runs on the dataset with this id.")] = None,
    json: Json = False,
) -> None:
    """List the runs, newest first."""
    with opened_jobs() as jobs_:
        rows = jobs_.workspace.runs(dataset)
        embeddings_of = {row.id: jobs_.workspace.embeddings(run_id=row.id) for row in rows} if json else {}
        by_id = {row.id: row for row in jobs_.workspace.datasets()} if json else {}
    if json:
        protocols = {row.id: _run_protocol(row, by_id[row.dataset_id]) for row in rows}
        embedding_ids = {run_id: {each.name: each.id for each in of_run} for run_id, of_run in embeddings_of.items()}
        more = {
            row.id: {"protocol": protocols[row.id], "seconds": row.elapsed_s, "embeddings": embedding_ids[row.id]}
            for row in rows
        }
        write_json([{**_described(row), **more[row.id]} for row in rows])
        return
    write_table(
        ["id", "model", "status", "name", "seconds", "started"],
        [
            (row.id, row.model, row.status, row.name, row.elapsed_s, _date(row.started_at or row.created_at))
            for row in rows
        ],
        empty="No runs yet. Train one: python -m embedlab train DATASET MODEL",
    )


def scores(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a finished run.")],
    json: Json = False,
) -> None:
    """Show the scores of a run and its baselines, with 95 % intervals."""
    from embedlab.cli.scores import write_scores
    from embedlab.jobs.conditions import score_details, test_part_notes
    from embedlab.tasks.registry import without_own_baselines

    with opened_workspace() as workspace:
        row = workspace.run(run)
    if json:
        write_json({"run": row.id, "scores": row.scores})
        return
    write_line(f"{row.id}  {row.name}: {row.status}")
    sentences = [*test_part_notes(row), *score_details(row)]
    write_scores(without_own_baselines(row.model, row.scores), sentences=sentences, empty="This run has no scores.")


def models(json: Json = False) -> None:
    """List the models; --json includes their parameters."""
    from embedlab.models.registry import MODELS
    from embedlab.tasks.registry import task_of

    if json:
        write_json([describe_model(model) for model in MODELS.values()])
        return
    rows = [(model.name, task_of(model).kind, model.summary) for model in MODELS.values()]
    write_table(["name", "learns from", "summary"], rows, empty="")


def methods(json: Json = False) -> None:
    """List the projection methods; --json includes their parameters."""
    from embedlab.projections.registry import METHODS

    if not json:
        rows = [(name, known.title, _dimensions(known.dimensions), known.summary) for name, known in METHODS.items()]
        write_table(["name", "title", "dimensions", "summary"], rows, empty="")
        for name, known in METHODS.items():
            if not known.is_installed():
                write_note(f"{name} is not installed; install it with: pip install {known.package}")
        return
    write_json(
        [
            {
                "name": name,
                "title": known.title,
                "summary": known.summary,
                "dimensions": list(known.dimensions),
                "uses_seed": known.uses_seed,
                "is_reproducible": known.is_reproducible,
                "is_installed": known.is_installed(),
                "parameters": describe_parameters(known.parameters_class.model_json_schema()),
            }
            for name, known in METHODS.items()
        ]
    )


def _dimensions(dimensions: Sequence[int]) -> str:
    return " or ".join(map(str, dimensions))


def embeddings(json: Json = False) -> None:
    """List the embeddings, newest first."""
    with opened_workspace() as workspace:
        rows = workspace.embeddings()
    if json:
        write_json([_described(row) for row in rows])
        return
    write_table(
        ["id", "name", "title", "keys", "dimensions", "run"],
        [(row.id, row.name, row.title, row.n_keys, row.vector_size, row.run_id) for row in rows],
        empty="No embeddings yet. Train one: python -m embedlab train DATASET MODEL",
    )


def jobs(
    active: Annotated[bool, typer.Option("--active", help="Only queued and running jobs.")] = False,
    json: Json = False,
) -> None:
    """List the background jobs, newest first."""
    with opened_jobs() as jobs_:
        rows = jobs_.jobs(active=active)
        shares = {row.id: jobs_.progress(row.id).share_done for row in rows if row.status == "running"}
    if json:
        write_json([{**_described(row), "share_done": shares.get(row.id)} for row in rows])
        return
    write_table(
        ["id", "kind", "status", "done", "title", "started"],
        [
            (
                row.id,
                row.kind,
                row.status,
                f"{shares[row.id]:.0%}" if row.id in shares else "",
                row.title,
                _date(row.started_at or row.created_at),
            )
            for row in rows
        ],
        empty="No jobs.",
    )


def describe_model(model: Model[Any, Any]) -> dict[str, Any]:
    """Return everything that a program needs to use a model."""
    from embedlab.tasks.registry import task_of

    return {
        "name": model.name,
        "title": model.title,
        "summary": model.summary,
        "kind": task_of(model).kind,
        "task": model.task,
        "supports_resume": model.supports_resume,
        "presets": {title: dict(values) for title, values in model.presets().items()},
        "parameters": describe_parameters(model.parameters_class.model_json_schema()),
    }


def write_parameters(model: Model[Any, Any]) -> None:
    """Write a model's parameters as a table."""
    described = describe_parameters(model.parameters_class.model_json_schema())
    write_table(
        ["title", "parameter", "default", "allowed", "help"],
        [(each["title"], each["name"], str(each["default"]), _allowed(each), each["help"]) for each in described],
        empty="",
    )


def _allowed(described: dict[str, Any]) -> str:
    if "choices" in described:
        return ", ".join(map(str, described["choices"]))
    if described["type"] == "boolean":
        return "true, false"
    low, high = described.get("minimum"), described.get("maximum")
    if low is None and high is None:
        return str(described["type"])
    return f"{'' if low is None else low} to {'' if high is None else high}"


def _described(row: Any) -> dict[str, Any]:
    from embedlab.workspace.workspace import describe

    return describe(row)


def _protocol_of(row: DatasetRow) -> dict[str, Any] | None:
    """Return the evaluation protocol for new runs on a dataset; None if nothing is held out."""
    from embedlab.jobs.protocols import dataset_protocol, has_split

    return protocol_as_json(dataset_protocol(row)) if has_split(row) else None


def _run_protocol(row: RunRow, dataset: DatasetRow) -> dict[str, Any] | None:
    from embedlab.core.errors import InputError
    from embedlab.jobs.protocols import run_protocol

    try:
        return protocol_as_json(run_protocol(row, dataset))
    except InputError:
        # The stored protocol is damaged; list the rest.
        return None


def protocol_as_json(protocol: Protocol | None) -> dict[str, Any] | None:
    """Return an evaluation protocol with its id, as JSON values; None for None."""
    return None if protocol is None else {"id": protocol.id, **protocol.as_dict()}


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
