"""`train`, `stop`, `cancel`, `resume`, `restart`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.flags import Json, Settings, parse_settings
from embedlab.cli.list import describe_model, write_parameters
from embedlab.cli.output import write_error, write_json, write_line, write_note
from embedlab.cli.scores import tell_scores
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
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Name of a model; `models` lists them.")],
    settings: Settings = None,
    preset: Annotated[str | None, typer.Option(help="Start from the named settings of the model.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the run.")] = None,
    without_test: Annotated[
        bool,
        typer.Option(
            "--without-test",
            help="Learn words without the documents of the test part, so that a classifier may start from them.",
        ),
    ] = False,
    help_parameters: Annotated[bool, typer.Option("--help-parameters", help="List the model's parameters.")] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Tell the time and memory it will need; train nothing.")
    ] = False,
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
    given = parse_settings(settings, chosen.parameters_class.model_json_schema())
    with opened_jobs() as jobs:
        row = jobs.workspace.dataset(dataset)
        refuse_unfit(chosen.name, row)
        parameters = {**_start(chosen, row.counts, preset), **given}
        if estimate:
            needed = jobs.estimate_training(dataset, chosen.name, parameters)
            checked = chosen.parameters_class.checked(parameters).model_dump(mode="json")
            _tell_estimate(needed, training_note(jobs.workspace, checked), as_json=json)
            return
        run_id = jobs.submit_training(dataset, chosen.name, parameters, name, without_test=without_test).id
        follow(jobs, run_id)
        tell_run(jobs, run_id, as_json=json)


def _tell_estimate(estimate: LearnedEstimate, note: str, *, as_json: bool) -> None:
    from embedlab.jobs.estimates import origin

    if as_json:
        figures = {"seconds": estimate.seconds, "memory_mb": estimate.memory_mb, "learned_from": estimate.n_runs}
        write_json({**figures, "reproducible": not note})
        return
    write_line(f"About {estimate.seconds:,.0f} s and {estimate.memory_mb:,.0f} MB, {origin(estimate.n_runs)}.")
    if note:
        write_note(note)


def _start(model: Model[Any, Any], counts: Mapping[str, int | float], preset: str | None) -> dict[str, Any]:
    presets = model.presets()
    if preset is not None and preset not in presets:
        raise NotFoundError(
            "The model has no such preset.", received=preset, remedy=f"It has: {', '.join(presets) or 'none'}."
        )
    defaults: dict[str, Any] = model.defaults(counts).model_dump(mode="json")
    return {**defaults, **(presets[preset] if preset is not None else {})}


def stop(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run that is being trained.")],
    json: Json = False,
) -> None:
    """Stop a training after its current epoch, and keep and evaluate the model as it is then."""
    with opened_jobs() as jobs:
        jobs.stop_early(run)
        # Ctrl-C ends the waiting only: what was asked for is done all the same.
        jobs.wait(run)
        tell_run(jobs, run, as_json=json)


def cancel(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run or of another job.")],
    json: Json = False,
) -> None:
    """Stop a run, an import or a projection."""
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
    """Let a stopped run go on from its checkpoint."""
    with opened_jobs() as jobs:
        jobs.resume(run)
        follow(jobs, run)
        tell_run(jobs, run, as_json=json)


def restart(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a stopped run or of another stopped job.")],
    json: Json = False,
) -> None:
    """Do a stopped run again from its beginning."""
    with opened_jobs() as jobs:
        jobs.restart(run)
        follow(jobs, run)
        tell_run(jobs, run, as_json=json)


def tell_run(jobs: Jobs, run_id: str, *, as_json: bool) -> None:
    """Tell how a run ended; leaves by the exit code of its error when it failed."""
    from embedlab.core.errors import EmbedLabError
    from embedlab.jobs.conditions import protocol_note, run_note, stop_note
    from embedlab.jobs.jobs import raise_error_of
    from embedlab.jobs.stopped_early import stopped_early

    job = jobs.job(run_id)
    ended = {"run": job.id, "status": job.status, "seconds": job.elapsed_s}
    try:
        raise_error_of(job)
    except EmbedLabError as error:
        write_error(error, as_json=as_json, more=ended)
        if not as_json:
            write_note(f"Run {job.id}: {job.status}.")
        raise typer.Exit(error.exit_code) from error
    result = job.result or {}
    run = jobs.workspace.run(job.id) if job.run_id else None
    note = "" if run is None else run_note(run, result)
    if as_json:
        made: dict[str, Any] = {
            "scores": result.get("scores", {}),
            "embeddings": result.get("embeddings", {}),
            "reproducible": not note and stopped_early(result) is None,
        }
        if (stopped := stopped_early(result)) is not None:
            made["stopped_early"] = stopped._asdict()
        write_json({**ended, **(made if job.run_id else {"result": result})})
        return
    write_line(f"{job.id}  {job.title}: {job.status} in {job.elapsed_s or 0.0:.1f} s")
    for told in (stop_note(result), "" if run is None else protocol_note(jobs.workspace, run), note):
        if told:
            write_line(f"  {told}")
    tell_scores(result.get("scores", {}))
    for name, embedding_id in result.get("embeddings", {}).items():
        write_line(f"  embedding {embedding_id}  {job.id}/{name}")
