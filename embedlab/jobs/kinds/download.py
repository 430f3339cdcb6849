"""Download jobs: a public dataset, followed by its import, or a file from an address, to preview first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

import sqlalchemy as sa
from pydantic import Field, model_validator

from embedlab.core.errors import InputError
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.kinds.base import JobKind, Name, Request
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.requests import checked_options
from embedlab.reading.fetching import check_url, fetch_file, file_name_of
from embedlab.samples.downloads import download_named, fetch
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import JobRow
from embedlab.workspace.tables import EpochNow, uploads
from embedlab.workspace.uploads import copy_in, shown_name
from embedlab.workspace.workspace import Workspace

UPLOAD_INSTEAD = "Or download the file elsewhere and upload it."


class DownloadRequest(Request):
    """A public dataset by its name, or the address of a file."""

    download: Name | None = None
    url: Annotated[str, Field(pattern=r"^https://[^\s\x00-\x1f]{1,4000}$")] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.download is None) == (self.url is None):
            raise ValueError("Give either a download or an address")
        return self


class Download(JobKind[DownloadRequest]):
    """Downloads data."""

    name = "download"
    request_class = DownloadRequest

    def prepared(self, workspace: Workspace, request: DownloadRequest) -> DownloadRequest:
        """Refuse an address that is not allowed."""
        if request.url is not None:
            if not workspace.settings.downloads:
                raise InputError("Downloads are switched off here.", remedy="Upload the file instead.")
            check_url(request.url)
        return request

    def title(self, workspace: Workspace, request: DownloadRequest) -> str:
        """Return the name of the download."""
        del workspace
        if request.url is not None:
            return f"Download {file_name_of(request.url)}"
        return f"Download {download_named(request.download or '').title}"

    def handle(self, workspace: Workspace, job: JobRow, request: DownloadRequest, context: JobContext) -> Outcome:
        """Download it."""
        del job
        return download_data(workspace, request, context)


def download_data(workspace: Workspace, request: DownloadRequest, context: JobContext) -> Outcome:
    """Download a dataset or a file into the workspace.

    The import of a public dataset is queued in the last transaction; a file from an address becomes a normal upload.
    """
    if not workspace.settings.downloads:
        raise InputError("Downloads are switched off here.", remedy=UPLOAD_INSTEAD)
    if request.url is not None:
        return _fetch_address(workspace, request.url, context)
    download = download_named(request.download or "")
    files = fetch(download, context.scratch, report=context.report)

    upload = _stage(workspace, context, files.path, files.path.name)
    items = None if files.items_path is None else _stage(workspace, context, files.items_path, files.items_path.name)
    following: dict[str, Any] = {
        "upload_id": upload["id"],
        "kind": str(download.kind),
        "options": checked_options(download.kind, download.options),
        "name": download.title,
        "items_upload_id": items and items["id"],
        "test_upload_id": None,
    }
    result: dict[str, Any] = {}

    def store(connection: sa.Connection) -> None:
        for each in filter(None, (upload, items)):
            workspace.catalog.insert(connection, uploads, each)
        queue = Queue(workspace.catalog)
        result["import_id"] = queue.submit(connection, "import", f"Import {download.title}", following)

    return Outcome(result, store)


def _fetch_address(workspace: Workspace, url: str, context: JobContext) -> Outcome:
    path = context.scratch / "download"
    fetch_file(
        url,
        path,
        title="The file",
        max_bytes=workspace.settings.max_download_mb * 1_000_000,
        remedy=f"Check the address and the connection and try again. {UPLOAD_INSTEAD}",
        report=context.report,
    )
    upload = _stage(workspace, context, path, file_name_of(url))

    def store(connection: sa.Connection) -> None:
        workspace.catalog.insert(connection, uploads, upload)

    return Outcome({"upload_id": upload["id"]}, store)


def _stage(workspace: Workspace, context: JobContext, path: Path, file_name: str) -> dict[str, Any]:
    """Copy a file to the uploads, and return its row, which is inserted when the job succeeds."""
    upload_id = new_id()
    digest, size_bytes = copy_in(path, context.makes(workspace.layout.upload(upload_id)))
    return {
        "id": upload_id,
        "name": shown_name(file_name),
        "digest": digest,
        "size_bytes": size_bytes,
        "created_at": EpochNow(),
    }
