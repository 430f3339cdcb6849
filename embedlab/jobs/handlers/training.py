"""The job that trains: the model learns, evaluation judges once, and the results are kept."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from embedlab.datasets.labelled import split_labelled
from embedlab.datasets.ratings import RatingsDataset
from embedlab.datasets.text import TextDataset
from embedlab.evaluation.classification import score_classification
from embedlab.evaluation.documents import score_documents
from embedlab.evaluation.ratings import score_predictions
from embedlab.files import atomic_folder, write_json
from embedlab.jobs.context import JobContext
from embedlab.jobs.estimates import PEAK_MEMORY, THREADS
from embedlab.jobs.handlers.embeddings import keep_embedding
from embedlab.jobs.handlers.outcome import Outcome
from embedlab.jobs.judging import judge_for_dataset
from embedlab.jobs.progress import read_history
from embedlab.jobs.reproduction import SCRIPT_FILE, data_file
from embedlab.jobs.starting import start_embedding
from embedlab.models.base import Model, Parameters, Predictor, TextPredictor, TrainingResult
from embedlab.models.registry import model as model_of
from embedlab.progress import part_of
from embedlab.workspace.rows import JobRow
from embedlab.workspace.tables import runs
from embedlab.workspace.workspace import Workspace


@dataclass(frozen=True)
class _Task:
    """What a model may see, and how its result is judged afterwards."""

    data: Any
    judge: Callable[[TrainingResult], dict[str, Any]]


def _task(model: Model[Any, Any], dataset: TextDataset | RatingsDataset, parameters: Parameters) -> _Task:
    if isinstance(dataset, TextDataset) and model.needs_labels:
        parts = split_labelled(dataset, parameters.seed)

        def judge_classes(result: TrainingResult) -> dict[str, Any]:
            if not isinstance(result.predictor, TextPredictor):
                return {}
            return score_classification(result.predictor.predict, parts, parameters.seed)

        return _Task(parts.without_test(), judge_classes)
    if isinstance(dataset, TextDataset):
        return _Task(dataset, lambda result: _judge_text(dataset, result, parameters.seed))
    split = dataset.split(parameters.seed)

    def judge(result: TrainingResult) -> dict[str, Any]:
        if not isinstance(result.predictor, Predictor):
            return {}
        return dict(score_predictions(result.predictor.predict, split.test, split.train, dataset.scale))

    return _Task(split.without_test(), judge)


def _judge_text(dataset: TextDataset, result: TrainingResult, seed: int) -> dict[str, Any]:
    scores: dict[str, Any] = {}
    documents = result.embeddings.get("documents")
    if documents is not None and dataset.labels is not None:
        rows = [int(key) for key in documents.keys]
        scores["documents"] = score_documents(documents, dataset.labels["label"].iloc[rows].tolist(), seed)
    return scores


def versions_of(libraries: tuple[str, ...]) -> dict[str, str]:
    """Return the versions a result depends on; of a library with several distributions those that are installed."""
    versions = {"python": platform.python_version()}
    for name in ("numpy", *libraries):
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def train_model(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Train the job's model and keep embeddings, state, predictor, scores, and the script that repeats it."""
    run = workspace.run(job.id)
    model = model_of(run.model)
    parameters = model.parameters_class.checked(run.parameters)
    dataset = workspace.open_dataset(run.dataset_id)
    task = _task(model, dataset, parameters)
    if context.resume_state is None:
        context.start_embedding = start_embedding(workspace, parameters)
    result: TrainingResult = model.train(task.data, parameters, context)
    context.afterwards("scoring", 0.2)
    judged = judge_for_dataset(
        workspace,
        run.dataset_id,
        result.embeddings,
        lambda share, stage: context.afterwards(stage, 0.2 + 0.3 * share),
    )
    scores = {**result.scores, **task.judge(result), **judged}
    projecting = part_of(lambda share, stage: context.afterwards(stage, share), 0.5, 0.9)
    kept = {
        name: keep_embedding(
            workspace,
            context,
            embedding,
            name=name,
            title=f"{run.name}: {name}",
            run_id=run.id,
            dataset_id=run.dataset_id,
            report=part_of(projecting, number / len(result.embeddings), (number + 1) / len(result.embeddings)),
        )
        for number, (name, embedding) in enumerate(result.embeddings.items())
    }
    context.afterwards("storing", 0.9)
    versions = versions_of(model.libraries)
    embedding_ids = {name: each.embedding_id for name, each in kept.items()}
    needed = {PEAK_MEMORY: context.peak_memory_mb(), THREADS: context.n_threads}
    about = {
        "id": run.id,
        "name": run.name,
        "dataset_id": run.dataset_id,
        "model": run.model,
        "parameters": run.parameters,
        "scores": scores,
        "versions": versions,
        "embeddings": embedding_ids,
        "history": read_history(context.folder),
        **needed,
    }
    script = model.script(parameters, data_file(model))
    _keep_run(context.makes(workspace.run_folder(run.id)), result, about, script)

    def store(connection: sa.Connection) -> None:
        connection.execute(sa.update(runs).where(runs.c.id == run.id).values(scores=scores, versions=versions))
        for each in kept.values():
            each.store(workspace, connection)

    return Outcome({"run_id": run.id, "embeddings": embedding_ids, "scores": scores, **needed}, store)


def _keep_run(folder: Path, result: TrainingResult, about: Mapping[str, Any], script: str) -> None:
    with atomic_folder(folder) as temporary:
        write_json(temporary / "run.json", about)
        (temporary / SCRIPT_FILE).write_text(script, encoding="utf-8")
        result.state.save(temporary / "state")
        if result.predictor is not None:
            result.predictor.state().save(temporary / "predictor")
        for name, text in result.texts.items():
            (temporary / name).write_text(text, encoding="utf-8")
        for name, content in result.files.items():
            (temporary / name).write_bytes(content)
