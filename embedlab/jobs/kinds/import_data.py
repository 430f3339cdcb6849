"""The import job: an upload becomes a dataset, and for vectors also an embedding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from embedlab.core.errors import InputError
from embedlab.core.files import folder_size_bytes, move_folder
from embedlab.core.progress import part_of
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.first_run import FirstRun, first_run
from embedlab.jobs.kinds.background_maps import queue_background_maps
from embedlab.jobs.kinds.base import Id, JobKind, Name, Request, Text
from embedlab.jobs.kinds.embeddings import keep_embedding
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.not_computed import NOT_COMPUTED
from embedlab.jobs.protocols import first_run_protocol
from embedlab.jobs.requests import checked_options, companions_of, is_companion, refuse_companions, training_rows
from embedlab.jobs.starting import refuse_parameters, refuse_unfit
from embedlab.kinds.base import BuildContext, Built, Imported
from embedlab.kinds.reading_report import COMPANIONS, READ
from embedlab.kinds.registry import kind as kind_of
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.workspace.catalog import is_id, new_id
from embedlab.workspace.rows import DatasetRow, JobRow
from embedlab.workspace.tables import EpochNow, datasets, uploads
from embedlab.workspace.workspace import Workspace

#: Share of the progress bar for reading, in an import of vectors; the first maps take the rest.
_READING_SHARE = 0.8


def import_dataset(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Import the job's upload; a failure leaves the workspace unchanged."""
    request = job.request
    upload = workspace.upload(request["upload_id"])
    dataset_id = new_id()
    folder = context.makes(workspace.dataset_folder(dataset_id))
    building = context.scratch / "dataset"
    building.mkdir()
    built = _build(workspace, request, building, context)
    imported, saved = _with_companions(workspace, request, built.imported), None
    if built.embedding is not None:
        saved = keep_embedding(
            workspace,
            context,
            built.embedding,
            name="vectors",
            title=request["name"],
            run_id=None,
            dataset_id=dataset_id,
            report=part_of(context.report, _READING_SHARE, 1.0),
        )
    imported.save(building)
    following = _following(request, imported)
    move_folder(building, folder)
    row = {
        "id": dataset_id,
        "name": request["name"],
        "kind": imported.kind,
        "digest": upload.digest,
        "counts": imported.counts,
        "options": imported.options,
        "warnings": imported.warnings,
        "details": imported.details,
        "size_bytes": folder_size_bytes(folder),
        "created_at": EpochNow(),
    }
    result: dict[str, Any] = {"dataset_id": dataset_id, "kind": imported.kind, "counts": imported.counts}
    if saved is not None:
        result["embedding_id"] = saved.embedding_id
        if saved.not_computed:
            result[NOT_COMPUTED] = saved.not_computed
    used = [request["upload_id"], *companions_of(request).values()]
    for upload_id in used:
        # The last transaction deletes their rows; the journal makes sure that the files are deleted after it.
        context.makes(workspace.layout.upload(upload_id))

    def store(connection: sa.Connection) -> None:
        workspace.catalog.insert(connection, datasets, row)
        if saved is not None:
            saved.store(workspace, connection)
            queue_background_maps(workspace, connection, [saved])
        _store_next(workspace, connection, request, imported, following, dataset_id, result)
        workspace.catalog.delete(connection, uploads, used)

    def afterwards() -> None:
        for upload_id in used:
            workspace.discard_upload(upload_id)

    return Outcome(result, store, afterwards)


def _build(workspace: Workspace, request: dict[str, Any], folder: Path, context: JobContext) -> Built:
    known = kind_of(request["kind"])
    options = known.options_class.model_validate(request["options"])
    companions = {name: workspace.upload(upload_id).path for name, upload_id in companions_of(request).items()}
    report = part_of(context.report, 0.0, _READING_SHARE) if known.is_embedding else context.report
    limits = Limits.of(workspace.settings)
    upload = OpenedUpload(workspace.upload(request["upload_id"]).path, limits)
    return known.build(upload, options, folder, BuildContext(limits, companions, report, _words_in(workspace)))


def _words_in(workspace: Workspace) -> Callable[[str], list[str]]:
    def words_of(dataset_id: str) -> list[str]:
        return kind_of(workspace.dataset(dataset_id).kind).words(workspace.open_dataset(dataset_id))

    return words_of


def _with_companions(workspace: Workspace, request: dict[str, Any], imported: Imported) -> Imported:
    """Return the description with what each additional file was used for, under `read.companions`."""
    known = kind_of(request["kind"])
    titles = {each.name: each.title for each in known.companions}
    used = [
        {
            "file": workspace.upload(upload_id).name,
            "role": name,
            "title": titles.get(name, name),
            "summary": known.companion_summary(name, imported),
        }
        for name, upload_id in companions_of(request).items()
    ]
    if not used:
        return imported
    read = {**imported.details.get(READ, {}), COMPANIONS: used}
    return replace(imported, details={**imported.details, READ: read})


def _following(request: dict[str, Any], imported: Imported) -> FirstRun | None:
    """Return the training that was requested with the import, as for the samples; None if there is none.

    Raises
    ------
    InputError
        The chosen model cannot be trained on what was imported: the import is refused, so that the user can change it.
    """
    wanted = request.get("then_train")
    if wanted is None:
        return None
    run = first_run(imported.kind, imported.counts, wanted["model"], imported.details)
    if run is None:
        return None
    following = run if wanted["parameters"] is None else replace(run, parameters=wanted["parameters"])
    dataset = _as_row(request, imported)
    refuse_unfit(following.model, dataset)
    if wanted["model"] is not None:
        refuse_parameters(following.model, dataset, following.parameters)
    return following


def _as_row(request: dict[str, Any], imported: Imported) -> DatasetRow:
    """Return the dataset as the catalog will have it, for a task to judge."""
    described = (imported.counts, imported.options, imported.warnings, imported.details)
    return DatasetRow("", "", request["name"], imported.kind, "", *described, 0, 0.0)


def _store_next(
    workspace: Workspace,
    connection: sa.Connection,
    request: dict[str, Any],
    imported: Imported,
    following: FirstRun | None,
    dataset_id: str,
    result: dict[str, Any],
) -> None:
    """Queue the training that follows the import."""
    if following is not None:
        protocol = first_run_protocol(following.model, imported.kind, imported.counts)
        result["run_id"] = training_rows(
            Queue(workspace.catalog),
            connection,
            dataset_id,
            request["name"],
            following.model,
            following.parameters,
            protocol=protocol,
        )


def _kind(name: str) -> str:
    try:
        return str(kind_of(name).name)
    except InputError as error:
        raise ValueError(error.what) from error


class FollowingRequest(BaseModel):
    """The training to queue after the import: by default the recommended model with its default parameters.

    Data that already is an embedding is not trained on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    model: Name | None = None
    parameters: dict[str, Any] | None = None


class ImportRequest(Request):
    """An upload with its additional files, the kind of data, and its options.

    Fields for additional files end with `_upload_id`; each kind of data has its own.
    """

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, allow_inf_nan=False)

    upload_id: Id
    kind: Annotated[str, AfterValidator(_kind)]
    options: dict[str, Any] = Field(default_factory=dict)
    name: Text
    items_upload_id: Id | None = None
    test_upload_id: Id | None = None
    then_train: FollowingRequest | None = None

    @model_validator(mode="after")
    def _companions_alone(self) -> ImportRequest:
        for name, value in (self.model_extra or {}).items():
            if not is_companion(name) or not (value is None or is_id(value)):
                raise ValueError(f"There is no field {name}")
        return self

    @property
    def companions(self) -> dict[str, str]:
        """Ids of the additional files, by their name in the kind."""
        return companions_of(self.as_json())


class Import(JobKind[ImportRequest]):
    """Imports an upload as a dataset."""

    name = "import"
    request_class = ImportRequest

    def prepared(self, workspace: Workspace, request: ImportRequest) -> ImportRequest:
        """Refuse missing uploads, and options that are unknown to the kind of data."""
        for upload_id in (request.upload_id, *request.companions.values()):
            workspace.upload(upload_id)
        refuse_companions(request.kind, request.companions)
        return request.model_copy(update={"options": checked_options(request.kind, request.options)})

    def title(self, workspace: Workspace, request: ImportRequest) -> str:
        """Return the title with the dataset's future name."""
        del workspace
        return f"Import {request.name}"

    def handle(self, workspace: Workspace, job: JobRow, request: ImportRequest, context: JobContext) -> Outcome:
        """Import it."""
        del request
        return import_dataset(workspace, job, context)
