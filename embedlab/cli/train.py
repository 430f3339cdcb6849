"""`train`, `stop`, `cancel`, `resume`, `restart`: commands for runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.flags import Json, Settings, SnapshotEvery, parse_settings
from embedlab.cli.list import describe_model, write_parameters
from embedlab.cli.output import write_error, write_json, write_line, write_note
from embedlab.cli.scores import write_scores
from embedlab.cli.work import follow, opened_jobs
from embedlab.core.errors import NotFoundError

if TYPE_CHECKING:
    from embedlab.jobs.estimates import LearnedEstimate
    from embedlab.jobs.jobs import Jobs
    from embedlab.models.contract.base import Model


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (train, stop, cancel, resume, restart):
        app.command()(command)


def train(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Id of a dataset.")],
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Name of a model, as listed by models.")],
    settings: Settings = None,
    preset: Annotated[str | None, typer.Option(help="Start from a preset of the model.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the run.")] = None,
    without_test: Annotated[
        bool,
        typer.Option(
            "--without-test",
            help="Train without the documents of the test part, so that a classifier can start from the vectors.",
        ),
    ] = False,
    snapshot_every: SnapshotEvery = None,
    help_parameters: Annotated[
        bool, typer.Option("--help-parameters", help="List the model's parameters and exit.")
    ] = False,
    estimate: Annotated[bool, typer.Option("--estimate", help="Estimate time and memory without training.")] = False,
    json: Json = False,
) -> None:
    """Train a model on a dataset, with defaults that suit its size. Ctrl-C cancels."""
    from embedlab.jobs.conditions import training_note
    from embedlab.jobs.starting import refuse_unfit
    from embedlab.models.registry import model as model_of

    chosen = model_of(model)
    if help_parameters:
        if json:
            write_json(describe_model(chosen)["parameters"])
        else:
            write_parameters(chosen)
        return
    values = parse_settings(settings, chosen.parameters_class.model_json_schema())
    with opened_jobs() as jobs:
        row = jobs.workspace.dataset(dataset)
        refuse_unfit(chosen.name, row)
        parameters = {**_start(chosen, row.counts, preset), **values}
        if estimate:
            estimated = jobs.estimate_training(dataset, chosen.name, parameters)
            checked = chosen.parameters_class.checked(parameters).model_dump(mode="json")
            _write_estimate(estimated, training_note(jobs.workspace, checked), as_json=json)
            return
        run_id = jobs.submit_training(
            dataset, chosen.name, parameters, name, without_test=without_test, snapshot_every=snapshot_every
        ).id
        follow(jobs, run_id)
        write_run(jobs, run_id, as_json=json)


def _write_estimate(estimate: LearnedEstimate, note: str, *, as_json: bool) -> None:
    from embedlab.core.durations import duration_range
    from embedlab.jobs.estimates import origin

    if as_json:
        figures = {"seconds": estimate.seconds, "memory_mb": estimate.memory_mb, "learned_from": estimate.n_runs}
        ranges = {"seconds_range": estimate.seconds_range, "memory_mb_range": estimate.memory_mb_range}
        write_json({**figures, **ranges, "reproducible": not note})
        return
    write_line(f"About {estimate.seconds:,.0f} s and {estimate.memory_mb:,.0f} MB, {origin(estimate.n_runs)}.")
    low_mb, high_mb = estimate.memory_mb_range
    write_line(f"In 8 of 10 cases {duration_range(*estimate.seconds_range)}, and {low_mb:,.0f} to {high_mb:,.0f} MB.")
    if note:
        write_note(note)


def _start(model: Model[Any, Any], counts: Mapping[str, int | float], preset: str | None) -> dict[str, Any]:
    presets = model.presets()
    if preset is not None and preset not in presets:
        raise NotFoundError(
            "The model has no such preset.", received=preset, remedy=f"Its presets: {', '.join(presets) or 'none'}."
        )
    defaults: dict[str, Any] = model.defaults(counts).model_dump(mode="json")
    return {**defaults, **(presets[preset] if preset is not None else {})}


def stop(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a running training.")],
    json: Json = False,
) -> None:
    """Stop a training after the current epoch, then evaluate and keep the model."""
    with opened_jobs() as jobs:
        jobs.stop_early(run)
        # Ctrl-C ends only the waiting; the training still stops.
        jobs.wait(run)
        write_run(jobs, run, as_json=json)


def cancel(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run or of another job.")],
    json: Json = False,
) -> None:
    """Cancel a run, an import or a projection."""
    with opened_jobs() as jobs:
        jobs.cancel(run)
        row = jobs.wait(run, timeout_s=10.0)
        if json:
            write_json({"run": row.id, "status": row.status})
        else:
            write_line(f"{row.title}: {row.status}")


def resume(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a stopped run.")],
    json: Json = False,
) -> None:
    """Resume a stopped run from its last checkpoint."""
    with opened_jobs() as jobs:
        jobs.resume(run)
        follow(jobs, run)
        write_run(jobs, run, as_json=json)


def restart(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a stopped run or of another stopped job.")],
    json: Json = False,
) -> None:
    """Restart a stopped run or job from scratch."""
    with opened_jobs() as jobs:
        jobs.restart(run)
        follow(jobs, run)
        write_run(jobs, run, as_json=json)


def write_run(jobs: Jobs, run_id: str, *, as_json: bool) -> None:
    """Write the result of a run; exits with the code of its error if it failed."""
    from embedlab.core.errors import EmbedLabError
    from embedlab.jobs.conditions import protocol_note, run_note, score_details, stop_note, test_part_notes
    from embedlab.jobs.jobs import raise_error_of
    from embedlab.jobs.stopped_early import stopped_early
    from embedlab.models.registry import learns_vectors

    job = jobs.job(run_id)
    status = {"run": job.id, "status": job.status, "seconds": job.elapsed_s}
    try:
        raise_error_of(job)
    except EmbedLabError as error:
        write_error(error, as_json=as_json, more=status)
        if not as_json:
            write_note(f"Run {job.id}: {job.status}.")
        raise typer.Exit(error.exit_code) from error
    result = job.result or {}
    run = jobs.workspace.run(job.id) if job.run_id else None
    note = "" if run is None else run_note(run, result)
    if as_json:
        outcome: dict[str, Any] = {
            "scores": result.get("scores", {}),
            "embeddings": result.get("embeddings", {}),
            "reproducible": not note and stopped_early(result) is None,
        }
        if (stopped := stopped_early(result)) is not None:
            outcome["stopped_early"] = stopped._asdict()
        write_json({**status, **(outcome if job.run_id else {"result": result})})
        return
    write_line(f"{job.id}  {job.title}: {job.status} in {job.elapsed_s or 0.0:.1f} s")
    for line in (stop_note(result), "" if run is None else protocol_note(jobs.workspace, run), note):
        if line:
            write_line(f"  {line}")
    sentences = [] if run is None else [*test_part_notes(run), *score_details(run)]
    scores = result.get("scores", {})
    if run is not None:
        from embedlab.tasks.registry import without_own_baselines

        scores = without_own_baselines(run.model, scores)
    write_scores(scores, sentences=sentences)
    for name, embedding_id in result.get("embeddings", {}).items():
        write_line(f"  embedding {embedding_id}  {job.id}/{name}")
    if run is not None and not learns_vectors(run.model):
        write_note("This model learns no vectors, so there is nothing to map.")
