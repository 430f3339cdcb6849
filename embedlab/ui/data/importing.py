"""An import at work, or the download before it; after a failure the way back leads to the same form and input."""

from __future__ import annotations

import streamlit as st

from embedlab.core.errors import NotFoundError
from embedlab.jobs.requests import companions_of
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import job_progress as live
from embedlab.ui.widgets import views
from embedlab.workspace.rows import JobRow, Status

NAME = "import"
#: The session's key of the field for the address of a file.
FETCH_URL = "fetch-url"


def watched() -> bool:
    """Show the import the address speaks of; return whether there is one."""
    job_id = st.query_params.get(NAME)
    if job_id is None:
        return False
    try:
        row = resources.jobs().job(job_id)
    except NotFoundError:
        del st.query_params[NAME]
        return False
    if row.status == Status.SUCCEEDED:
        _arrive(row)
    st.subheader(plain(row.title), anchor=False)
    if row.status.is_active:
        live.watch(row.id)
        return True
    live.reason(row)
    with st.container(horizontal=True):
        if is_upload_left(row):
            st.button(
                "Change how it is read", type="primary", icon=":material/arrow_back:", on_click=_back, args=(row,)
            )
        if "url" in row.request:
            st.button(
                "Change the address", type="primary", icon=":material/arrow_back:", on_click=_ask_again, args=(row,)
            )
        if is_upload_left(row) or "upload_id" not in row.request:
            live.start_again(row)
        st.button("Leave it", on_click=_leave, args=(row,))
    live.log(row.id)
    return True


def _arrive(row: JobRow) -> None:
    """Go on to what the job made: the import or the file after a download, the dataset after an import."""
    result = row.result or {}
    if "upload_id" in result:
        del st.query_params[NAME]
        st.query_params["upload"] = result["upload_id"]
        st.rerun()
    if "import_id" in result:
        st.query_params[NAME] = result["import_id"]
        st.rerun()
    del st.query_params[NAME]
    current.set_dataset(result["dataset_id"])
    if "embedding_id" in result:
        current.set_embedding(result["embedding_id"])
    views.go("one")
    st.rerun()


def is_upload_left(row: JobRow) -> bool:
    """Tell whether the staged file is still there."""
    try:
        resources.workspace().upload(row.request.get("upload_id", ""))
    except NotFoundError:
        return False
    return True


def _staged(row: JobRow) -> dict[str, str]:
    """Return the files of an import by their names in the address."""
    first = row.request.get("upload_id")
    return {**({"upload": first} if first else {}), **companions_of(row.request)}


def _back(row: JobRow) -> None:
    st.query_params.update(_staged(row))
    del st.query_params[NAME]
    views.go("add")


def _ask_again(row: JobRow) -> None:
    """Go back to the field with the address that was asked for."""
    st.session_state[FETCH_URL] = row.request["url"]
    _leave(row)
    views.go("add")


def _leave(row: JobRow) -> None:
    for upload_id in _staged(row).values():
        resources.workspace().discard_upload(upload_id)
    resources.jobs().dismiss(row.id)
    del st.query_params[NAME]
