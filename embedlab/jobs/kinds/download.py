"""The jobs that fetch: a public data set, whose import they ask for, or a file at an address, to be looked at first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from embedlab.core.errors import InputError
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.jobs.requests import checked_options
from embedlab.reading.fetching import fetch_file, file_name_of
from embedlab.samples.downloads import download_named, fetch
from embedlab.workspace.catalogue import new_id
from embedlab.workspace.rows import JobRow
from embedlab.workspace.tables import EpochNow, uploads
from embedlab.workspace.uploads import copy_in, shown_name
from embedlab.workspace.workspace import Workspace

BRING_IT = "Or download it elsewhere, and bring the file yourself."


def download_data(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Fetch what the request names into the workspace.

    The import of a public data set is queued in the last transaction; a file at an address becomes an upload like any.
    """
    if not workspace.settings.downloads:
        raise InputError("Downloads are switched off here.", remedy=BRING_IT)
    if url := job.request.get("url"):
        return _fetch_address(workspace, url, context)
    download = download_named(job.request["download"])
    files = fetch(download, context.scratch, report=context.report)

    upload = _stage(workspace, context, files.path, files.path.name)
    items = None if files.items_path is None else _stage(workspace, context, files.items_path, files.items_path.name)
    request: dict[str, Any] = {
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
            workspace.catalogue.insert(connection, uploads, each)
        queue = Queue(workspace.catalogue)
        result["import_id"] = queue.submit(connection, "import", f"Import {download.title}", request)

    return Outcome(result, store)


def _fetch_address(workspace: Workspace, url: str, context: JobContext) -> Outcome:
    path = context.scratch / "download"
    fetch_file(
        url,
        path,
        title="The file",
        max_bytes=workspace.settings.max_download_mb * 1_000_000,
        remedy=f"Check the address and the connection and try again. {BRING_IT}",
        report=context.report,
    )
    upload = _stage(workspace, context, path, file_name_of(url))

    def store(connection: sa.Connection) -> None:
        workspace.catalogue.insert(connection, uploads, upload)

    return Outcome({"upload_id": upload["id"]}, store)


def _stage(workspace: Workspace, context: JobContext, path: Path, file_name: str) -> dict[str, Any]:
    """Copy a file among the uploads, and return its row, which is written when the job has succeeded."""
    upload_id = new_id()
    digest, size_bytes = copy_in(path, context.makes(workspace.layout.upload(upload_id)))
    return {
        "id": upload_id,
        "name": shown_name(file_name),
        "digest": digest,
        "size_bytes": size_bytes,
        "created_at": EpochNow(),
    }
