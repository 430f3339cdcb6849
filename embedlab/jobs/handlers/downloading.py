"""The jobs that fetch: a public data set, whose import they ask for, or a file at an address, to be looked at first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from embedlab.datasets.downloads import download_named, fetch
from embedlab.datasets.fetching import fetch_file, file_name_of
from embedlab.errors import InputError
from embedlab.jobs.context import JobContext
from embedlab.jobs.handlers.outcome import Outcome
from embedlab.jobs.queue import Queue
from embedlab.jobs.requests import checked_options
from embedlab.workspace.rows import JobRow
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

    def staged(path: Path | None) -> str | None:
        if path is None:
            return None
        upload = workspace.stage_upload(path, path.name)
        context.makes(upload.path)
        return upload.id

    request: dict[str, Any] = {
        "upload_id": staged(files.path),
        "kind": download.kind.value,
        "options": checked_options(download.kind, download.options),
        "name": download.title,
        "items_upload_id": staged(files.items_path),
        "test_upload_id": None,
    }
    result: dict[str, Any] = {}

    def store(connection: sa.Connection) -> None:
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
    upload = workspace.stage_upload(path, file_name_of(url))
    context.makes(upload.path)
    return Outcome({"upload_id": upload.id}, lambda _: None)
