"""The training job: trains the model, evaluates it once, and saves the results."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import Field

from embedlab.core.errors import StorageError
from embedlab.core.files import atomic_folder, write_json
from embedlab.core.progress import part_of
from embedlab.evaluation.scores import score_title
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.engine.progress import read_history
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.engine.snapshots import MOST_EPOCHS_BETWEEN, forget_snapshots_except_film
from embedlab.jobs.estimates import PEAK_MEMORY, THREADS
from embedlab.jobs.films.saving import save_film
from embedlab.jobs.judging import judge_for_dataset
from embedlab.jobs.kinds.background_maps import queue_background_maps
from embedlab.jobs.kinds.base import Id, JobKind, Name, Request
from embedlab.jobs.kinds.embeddings import keep_embedding
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.lineage import refuse_start
from embedlab.jobs.not_computed import JUDGING, NotComputed
from embedlab.jobs.protocols import new_run_protocol, run_protocol
from embedlab.jobs.reproduction import SCRIPT_FILE
from embedlab.jobs.requests import training_rows
from embedlab.jobs.starting import start_embedding
from embedlab.jobs.stopped_early import stopped_early_entry
from embedlab.jobs.trainable import trainable
from embedlab.models.contract.abilities import STATE_FOLDER
from embedlab.models.contract.base import Model, Parameters, TrainingResult
from embedlab.models.registry import model as model_of
from embedlab.models.shared.repeatability import is_repeatable
from embedlab.tasks.base import Parts, Task
from embedlab.tasks.registry import task_of
from embedlab.workspace.rows import TRAINING, JobRow, RunRow
from embedlab.workspace.tables import runs
from embedlab.workspace.workspace import Workspace

#: Key in a training's result: whether the same seed, data and parameters give the same vectors.
REPEATABLE = "reproducible"


def versions_of(libraries: tuple[str, ...]) -> dict[str, str]:
    """Return the versions a result depends on, for the installed distributions."""
    versions = {"python": platform.python_version()}
    for name in ("numpy", *libraries):
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def train_model(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Train the job's model and save its embeddings, state, abilities, scores, and script."""
    run = workspace.run(job.id)
    model = model_of(run.model)
    task = task_of(model)
    parameters = model.parameters_class.checked(run.parameters)
    row = workspace.dataset(run.dataset_id)
    protocol = run_protocol(run, row)
    if task.uses_split:
        # The training data of the embedding to start from may have been deleted since the run was queued.
        refuse_start(workspace, run.model, run.parameters, row, protocol)
    parts = task.split(workspace.open_dataset(row.id), protocol, context.scratch)
    if context.resume_state is None:
        context.start_embedding = start_embedding(workspace, parameters)
    result = _train(model, parts.learned, parameters, context)
    context.afterwards("scoring", 0.2)
    missing = NotComputed()
    scores = missing.finite(_judged(workspace, run, result, task, parts, context, missing), score_title)
    projecting = part_of(lambda share, stage: context.afterwards(stage, share), 0.5, 0.9)
    saved = {
        name: keep_embedding(
            workspace,
            context,
            embedding,
            name=name,
            title=f"{run.name}: {name.replace('_', ' ')}",
            run_id=run.id,
            dataset_id=run.dataset_id,
            report=part_of(projecting, number / len(result.embeddings), (number + 1) / len(result.embeddings)),
        )
        for number, (name, embedding) in enumerate(result.embeddings.items())
    }
    for each in saved.values():
        missing.reasons |= each.not_computed
    scores = missing.among(scores)
    context.afterwards("storing", 0.9)
    versions = versions_of(model.libraries)
    embedding_ids = {name: each.embedding_id for name, each in saved.items()}
    resources: dict[str, Any] = {
        PEAK_MEMORY: context.peak_memory_mb(),
        THREADS: context.n_threads,
        REPEATABLE: is_repeatable(run.parameters, context.n_threads) and context.stopped_early is None,
    }
    if context.stopped_early is not None:
        resources |= stopped_early_entry(*context.stopped_early)
    save_film(workspace, context, result.embeddings, saved)
    about = {
        "id": run.id,
        "name": run.name,
        "dataset_id": run.dataset_id,
        "model": run.model,
        "parameters": run.parameters,
        "protocol": None if protocol is None else protocol.as_dict(),
        "scores": scores,
        "versions": versions,
        "embeddings": embedding_ids,
        "history": read_history(context.folder),
        **resources,
    }
    script = model.script(parameters, task.data_file(model))
    _save_run(context.makes(workspace.run_folder(run.id)), result, about, script)

    def store(connection: sa.Connection) -> None:
        connection.execute(sa.update(runs).where(runs.c.id == run.id).values(scores=scores, versions=versions))
        for each in saved.values():
            each.store(workspace, connection)
        if not {"sweep", "repeats"} & job.request.keys():
            queue_background_maps(workspace, connection, saved.values())

    result_of_job = {"run_id": run.id, "embeddings": embedding_ids, "scores": scores, **resources}
    if context.not_kept:
        result_of_job["not_kept"] = dict(context.not_kept)
    return Outcome(result_of_job, store, afterwards=lambda: forget_snapshots_except_film(context.folder))


def _judged(
    workspace: Workspace,
    run: RunRow,
    result: TrainingResult,
    task: Task[Any],
    parts: Parts,
    context: JobContext,
    missing: NotComputed,
) -> dict[str, Any]:
    """Return all scores of a training that could be computed; adds a reason to `missing` for the others."""
    of_task = missing.attempt("test", "The scores of the test part", lambda: task.judge(result, parts))
    judged = missing.attempt(
        JUDGING,
        "The evaluation by the checks and files of the dataset",
        lambda: judge_for_dataset(
            workspace,
            run.dataset_id,
            result.embeddings,
            lambda share, stage: context.afterwards(stage, 0.2 + 0.3 * share),
        ),
    )
    return {**_validated(task, parts), **result.scores, **(of_task or {}), **(judged or {})}


def _validated(task: Task[Any], parts: Parts) -> dict[str, Any]:
    """Return the number of cases that validation scores rest on; empty without a validation part."""
    if not task.uses_split:
        return {}
    # It is no score, so nobody misses it.
    sizes = NotComputed().attempt("", "The size of the validation part", lambda: task.part_sizes(parts))
    return {"n_validation": sizes.validation} if sizes is not None and sizes.validation else {}


def _train(model: Model[Any, Any], data: Any, parameters: Parameters, context: JobContext) -> TrainingResult:
    try:
        result: TrainingResult = model.train(data, parameters, context)
    except (LookupError, TypeError, ValueError) as error:
        if context.resume_state is None:
            raise
        # A model does not validate the arrays of its checkpoint.
        raise StorageError(
            "The checkpoint is damaged, or does not match the data.",
            received=type(error).__name__,
            remedy="Restart the training from the beginning.",
        ) from error
    return result


def _save_run(folder: Path, result: TrainingResult, about: Mapping[str, Any], script: str) -> None:
    with atomic_folder(folder) as temporary:
        write_json(temporary / "run.json", about)
        (temporary / SCRIPT_FILE).write_text(script, encoding="utf-8")
        result.state.save(temporary / STATE_FOLDER)
        for ability in result.abilities:
            ability.state().save(temporary / ability.folder)
        for name, text in result.texts.items():
            (temporary / name).write_text(text, encoding="utf-8")
        for name, content in result.files.items():
            (temporary / name).write_bytes(content)


class TrainRequest(Request):
    """A model with its parameters, the snapshots for its film, and the sweep or comparison it is part of."""

    dataset_id: Id
    model: Name
    parameters: dict[str, Any]
    repeats: Id | None = None
    snapshot_every: Annotated[int, Field(ge=1, le=MOST_EPOCHS_BETWEEN)] | None = None
    stop_early: bool = False
    sweep: Id | None = None


class Train(JobKind[TrainRequest]):
    """Trains a model; the run has the job's id."""

    name = TRAINING
    request_class = TrainRequest
    can_resume = True
    can_stop_early = True

    def prepared(self, workspace: Workspace, request: TrainRequest) -> TrainRequest:
        """Refuse a training that is not possible on the dataset."""
        trainable(workspace, request.dataset_id, request.model, request.parameters)
        return request

    def title(self, workspace: Workspace, request: TrainRequest) -> str:
        """Return the default name of the run."""
        return f"{model_of(request.model).title} on {workspace.dataset(request.dataset_id).name}"

    def enqueue(self, workspace: Workspace, connection: sa.Connection, request: TrainRequest) -> str:
        """Insert the job and its run, which stores the current protocol of its dataset."""
        dataset = workspace.dataset(request.dataset_id)
        return training_rows(
            Queue(workspace.catalog),
            connection,
            dataset.id,
            dataset.name,
            request.model,
            request.parameters,
            protocol=new_run_protocol(request.model, dataset),
            sweep=request.sweep,
            repeats=request.repeats,
            snapshot_every=request.snapshot_every,
        )

    def handle(self, workspace: Workspace, job: JobRow, request: TrainRequest, context: JobContext) -> Outcome:
        """Train it; all other settings are in the run's own row."""
        context.snapshot_every(request.snapshot_every)
        return train_model(workspace, job, context)
