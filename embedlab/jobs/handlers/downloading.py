"""The job that fetches a public data set, and asks for its import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from embedlab.datasets.downloads import download_named, fetch
from embedlab.errors import InputError
from embedlab.jobs.context import JobContext
from embedlab.jobs.handlers.outcome import Outcome
from embedlab.jobs.queue import Queue
from embedlab.jobs.requests import checked_options
from embedlab.workspace.rows import JobRow
from embedlab.workspace.workspace import Workspace


def download_data(workspace: Workspace, job: JobRow, context: JobContext) -> Outcome:
    """Fetch the data set named in the request into the workspace; its import is queued in the last transaction."""
    if not workspace.settings.downloads:
        raise InputError("Downloads are switched off here.", remedy="Bring the file yourself.")
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
