"""The job that imports: an upload becomes a dataset, or, for vectors, an embedding."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.core.files import folder_size_bytes, move_folder
from embedlab.core.kind import Kind
from embedlab.core.progress import part_of
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.kinds.base import Id, JobKind, Name, Request, Text
from embedlab.jobs.kinds.embeddings import keep_embedding
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.not_computed import NOT_COMPUTED
from embedlab.jobs.protocols import first_run_protocol
from embedlab.jobs.requests import checked_kind, checked_options, training_rows
from embedlab.kinds.base import Imported
from embedlab.kinds.ratings import RatingsOptions, import_ratings
from embedlab.kinds.text.dataset import TextDataset, TextOptions, import_text
from embedlab.kinds.vectors.importing import VectorsOptions, read_vectors
from embedlab.reading.sources import Limits
from embedlab.workspace.catalogue import new_id
from embedlab.workspace.rows import JobRow
from embedlab.workspace.tables import EpochNow, datasets, uploads
from embedlab.workspace.workspace import Workspace

#: Of the bar of an import of vectors: reading them; their first maps take the rest.
_READING_SHARE = 0.8
_UPLOADS = ("upload_id", "items_upload_id", "test_upload_id")


def import_dataset(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Import the job's upload; a failure leaves the workspace as it was."""
    request = job.request
    upload = workspace.upload(request["upload_id"])
    dataset_id = new_id()
    folder = context.makes(workspace.dataset_folder(dataset_id))
    building = context.scratch / "dataset"
    building.mkdir()
    imported, embedding = _build(workspace, request, building, context)
    kept = None
    if embedding is not None:
        kept = keep_embedding(
            workspace,
            context,
            embedding,
            name="vectors",
            title=request["name"],
            run_id=None,
            dataset_id=dataset_id,
            report=part_of(context.report, _READING_SHARE, 1.0),
        )
    imported.save(building)
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
    if kept is not None:
        result["embedding_id"] = kept.embedding_id
        if kept.not_computed:
            result[NOT_COMPUTED] = kept.not_computed
    used = [request[name] for name in _UPLOADS if request.get(name)]
    for upload_id in used:
        # Their rows go with the last transaction; whoever finds the journal removes the files after it.
        context.makes(workspace.layout.upload(upload_id))

    def store(connection: sa.Connection) -> None:
        workspace.catalogue.insert(connection, datasets, row)
        if kept is not None:
            kept.store(workspace, connection)
        _store_next(workspace, connection, request, imported, dataset_id, result)
        workspace.catalogue.delete(connection, uploads, used)

    def afterwards() -> None:
        for upload_id in used:
            workspace.discard_upload(upload_id)

    return Outcome(result, store, afterwards)


def _build(
    workspace: Workspace, request: dict[str, Any], folder: Path, context: JobContext
) -> tuple[Imported, Embedding | None]:
    limits = Limits.of(workspace.settings)
    path = workspace.upload(request["upload_id"]).path
    items_path, test_path = (
        workspace.upload(request[name]).path if request.get(name) else None for name in _UPLOADS[1:]
    )
    kind = Kind(request["kind"])
    if kind == Kind.TEXT:
        text_options = TextOptions.model_validate(request["options"])
        return import_text(path, text_options, folder, limits=limits, report=context.report), None
    if kind == Kind.RATINGS:
        ratings_options = RatingsOptions.model_validate(request["options"])
        imported = import_ratings(
            path,
            ratings_options,
            folder,
            items_path=items_path,
            test_path=test_path,
            limits=limits,
            report=context.report,
        )
        return imported, None
    vectors_options = VectorsOptions.model_validate(request["options"])
    embedding = read_vectors(
        path,
        options=vectors_options,
        metadata_path=items_path,
        words=_words_of(workspace, vectors_options.words_of),
        limits=limits,
        report=part_of(context.report, 0.0, _READING_SHARE),
    )
    counts: dict[str, int | float] = {"keys": embedding.n_keys, "vector_size": embedding.vector_size}
    return Imported(kind, counts, request["options"]), embedding


def _words_of(workspace: Workspace, dataset_id: str | None) -> list[str] | None:
    if dataset_id is None:
        return None
    dataset = workspace.open_dataset(dataset_id)
    if not isinstance(dataset, TextDataset):
        raise InputError("Vectors can be cut to the words of a text only.", received=dataset_id)
    words: list[str] = dataset.vocabulary["word"].tolist()
    return words


def _store_next(
    workspace: Workspace,
    connection: sa.Connection,
    request: dict[str, Any],
    imported: Imported,
    dataset_id: str,
    result: dict[str, Any],
) -> None:
    """Queue the training that was asked for together with the import, as the samples do."""
    if following := request.get("then_train"):
        queue = Queue(workspace.catalogue)
        model_name, parameters = following["model"], following["parameters"]
        protocol = first_run_protocol(model_name, imported.kind, imported.counts)
        result["run_id"] = training_rows(
            queue, connection, dataset_id, request["name"], model_name, parameters, protocol=protocol
        )


def _kind(name: str) -> str:
    try:
        return checked_kind(name).value
    except InputError as error:
        raise ValueError(error.what) from error


class FollowingRequest(BaseModel):
    """The training that is queued as soon as the dataset is there."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    model: Name
    parameters: dict[str, Any]


class ImportRequest(Request):
    """An upload with its companions, and what to read it as."""

    upload_id: Id
    kind: Annotated[str, AfterValidator(_kind)]
    options: dict[str, Any] = Field(default_factory=dict)
    name: Text
    items_upload_id: Id | None = None
    test_upload_id: Id | None = None
    then_train: FollowingRequest | None = None


class Import(JobKind[ImportRequest]):
    """Makes a dataset of an upload."""

    name = "import"
    request_class = ImportRequest

    def prepared(self, workspace: Workspace, request: ImportRequest) -> ImportRequest:
        """Refuse uploads that are gone, and options that the kind of data does not know."""
        for upload_id in (request.upload_id, request.items_upload_id, request.test_upload_id):
            if upload_id is not None:
                workspace.upload(upload_id)
        return request.model_copy(update={"options": checked_options(checked_kind(request.kind), request.options)})

    def title(self, workspace: Workspace, request: ImportRequest) -> str:
        """Return the dataset's name to be."""
        del workspace
        return f"Import {request.name}"

    def handle(self, workspace: Workspace, job: JobRow, request: ImportRequest, context: JobContext) -> Outcome:
        """Import it."""
        del request
        return import_dataset(workspace, job, context)
