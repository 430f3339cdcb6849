"""Uploads: a dropped file, pasted text, or a local path. The file is on disk before anything reads it."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from embedlab.core.errors import InputError, NotFoundError
from embedlab.reading.bundles import bundle_name, bundled
from embedlab.reading.sources import Limits
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import size
from embedlab.workspace.uploads import Upload, shown_name

MAX_UPLOAD_MB = 1024
_MAX_PASTE_CHARACTERS = 5_000_000
_EMPTY = InputError("The file is empty.", remedy="Choose another file.")


def staged(name: str) -> Upload | None:
    """Return the staged upload whose id is in the URL under `name`; an id that no longer exists is removed."""
    upload_id = st.query_params.get(name)
    if upload_id is None:
        return None
    try:
        upload = resources.workspace().upload(upload_id)
    except NotFoundError:
        del st.query_params[name]
        return None
    return upload


def drop(name: str, label: str, help_text: str | None = None, *, several: bool = False) -> None:
    """Draw an uploader; the file is copied to disk, its memory freed, and its id added to the URL.

    If `several` files may be dropped at once, they are bundled into one upload.
    """
    counter_key = f"drop-counter:{name}"
    key = f"drop:{name}:{st.session_state.setdefault(counter_key, 0)}"
    dropped = st.file_uploader(
        label, key=key, max_upload_size=MAX_UPLOAD_MB, help=help_text, accept_multiple_files=several
    )
    files = dropped if isinstance(dropped, list) else [dropped] if dropped is not None else []
    if not files:
        return
    with shown_errors():
        with st.spinner("Copying to the workspace …"):
            _store(name, _stage(files))
        # A new key makes a new uploader, so Streamlit frees the file of the old one.
        st.session_state[counter_key] += 1
        st.rerun()


def _stage(files: Sequence[UploadedFile]) -> Upload:
    workspace = resources.workspace()
    if len(files) == 1:
        return workspace.stage_upload(files[0], files[0].name)
    with tempfile.TemporaryDirectory(prefix="embedlab-") as folder:
        named_paths = []
        for number, file in enumerate(files):
            path = Path(folder) / str(number)
            with path.open("wb") as stream:
                shutil.copyfileobj(file, stream)
            named_paths.append((shown_name(file.name), path))
        with bundled(named_paths, Limits.of(workspace.settings)) as bundle:
            return workspace.stage_upload(bundle, bundle_name([name for name, _ in named_paths]))


def paste(name: str) -> None:
    """Draw a text area; pasted text becomes an upload like a file."""
    with st.form(f"paste:{name}", border=False):
        text = st.text_area(
            "Text", height=200, max_chars=_MAX_PASTE_CHARACTERS, placeholder="Paste text or table rows", key="pasted"
        )
        if st.form_submit_button("Preview", icon=":material/search:", type="primary"):
            with shown_errors():
                if not text.strip():
                    raise InputError("There is no text yet.", remedy="Paste some text into the field above.")
                _store(name, resources.workspace().stage_upload(io.BytesIO(text.encode("utf-8")), "Pasted text"))
                st.rerun()


def by_path(name: str) -> None:
    """Draw a field for a local path; only for an app that serves a single person."""
    with st.form(f"path:{name}", border=False):
        text = st.text_input("Path of a file on this computer", key="given-path")
        st.caption("For files above 1 GB. The file is copied into the workspace.")
        if st.form_submit_button("Preview", icon=":material/search:", type="primary"):
            with shown_errors():
                path = Path(text).expanduser()
                if not text.strip() or not path.is_file():
                    raise NotFoundError("No file at this path.", received=text, remedy="Check the path.")
                with st.spinner("Copying to the workspace …"):
                    _store(name, resources.workspace().stage_upload(path, path.name))
                st.rerun()


def companion(name: str, label: str, help_text: str) -> Upload | None:
    """Draw the uploader of an optional companion file; return the upload, or None."""
    upload = staged(name)
    if upload is None:
        drop(name, label, help_text)
        return None
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"{label}: **{plain(upload.name)}** ({size(upload.size_bytes)})", width="stretch")
        st.button("Remove file", key=f"discard:{name}", on_click=discard, args=(name,))
    return upload


def discard(*names: str) -> None:
    """Delete the staged uploads whose ids are in the URL under these names."""
    for name in names:
        if upload_id := st.query_params.get(name):
            resources.workspace().discard_upload(upload_id)
            del st.query_params[name]


def _store(name: str, upload: Upload) -> None:
    if upload.size_bytes == 0:
        resources.workspace().discard_upload(upload.id)
        raise _EMPTY
    st.query_params[name] = upload.id
