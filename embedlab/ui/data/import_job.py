"""A running import or download; after a failure, the user returns to the form with the same values."""

from __future__ import annotations

import streamlit as st

from embedlab.core.errors import NotFoundError
from embedlab.jobs.requests import companions_of
from embedlab.kinds.registry import kind as kind_of
from embedlab.ui.kinds import staging
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import first_map, views
from embedlab.ui.widgets import job_progress as live
from embedlab.workspace.rows import JobRow, Status

NAME = "import"
#: Session key of the URL field.
FETCH_URL = "fetch-url"


def draw() -> bool:
    """Draw the import named in the URL; return whether there is one."""
    job_id = st.query_params.get(NAME)
    if job_id is None:
        return False
    try:
        row = resources.jobs().job(job_id)
    except NotFoundError:
        del st.query_params[NAME]
        return False
    if row.status == Status.SUCCEEDED:
        _open_result(row)
    if "then_train" in row.request:
        first_map.steps(row, trains=not kind_of(row.request["kind"]).is_embedding)
    else:
        st.header(plain(row.title), anchor=False)
    if row.status.is_active:
        live.watch(row.id)
        return True
    live.reason(row)
    with st.container(horizontal=True):
        if has_upload(row):
            st.button(
                "Change options", type="primary", icon=":material/arrow_back:", on_click=_edit_options, args=(row,)
            )
        if "url" in row.request:
            st.button("Change URL", type="primary", icon=":material/arrow_back:", on_click=_edit_url, args=(row,))
        if has_upload(row) or "upload_id" not in row.request:
            live.start_again(row)
        st.button("Discard", on_click=_discard, args=(row,))
    live.log(row.id)
    return True


def _open_result(row: JobRow) -> None:
    """Open the result of the job: the file or its import after a download, the dataset after an import."""
    result = row.result or {}
    staging.discard(staging.UNUSED)
    if "upload_id" in result:
        del st.query_params[NAME]
        st.query_params["upload"] = result["upload_id"]
        st.rerun()
    if "import_id" in result:
        st.query_params[NAME] = result["import_id"]
        st.rerun()
    del st.query_params[NAME]
    if "run_id" in result:
        first_map.watch(result["run_id"])
        st.rerun()
    if "then_train" in row.request:
        first_map.open_map(result.get("embedding_id"))
    current.select(dataset=result["dataset_id"], run=None, embedding=result.get("embedding_id"))
    views.go("one")
    st.rerun()


def has_upload(row: JobRow) -> bool:
    """Return whether the staged file still exists."""
    try:
        resources.workspace().upload(row.request.get("upload_id", ""))
    except NotFoundError:
        return False
    return True


def _staged(row: JobRow) -> dict[str, str]:
    """Return the upload ids of an import by URL parameter."""
    first = row.request.get("upload_id")
    return {**({"upload": first} if first else {}), **companions_of(row.request)}


def _edit_options(row: JobRow) -> None:
    st.query_params.update(_staged(row))
    del st.query_params[NAME]
    views.go("add")


def _edit_url(row: JobRow) -> None:
    """Return to the URL field, filled with the previous URL."""
    st.session_state[FETCH_URL] = row.request["url"]
    _discard(row)
    views.go("add")


def _discard(row: JobRow) -> None:
    for upload_id in _staged(row).values():
        resources.workspace().discard_upload(upload_id)
    staging.discard(staging.UNUSED)
    resources.jobs().dismiss(row.id)
    del st.query_params[NAME]
