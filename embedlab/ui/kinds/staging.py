"""Bringing a file into the workspace: dropped, pasted, or by its path. It is on disk before anything else happens."""

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

MOST_MB = 1024
_LONGEST_PASTE = 5_000_000
_EMPTY = InputError("The file is empty.", remedy="Choose a file with something in it.")


def staged(name: str) -> Upload | None:
    """Return the staged upload the address speaks of by `name`; one that is gone is forgotten."""
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
    """Draw an uploader; a dropped file is copied to disk, its memory given back, and its id put into the address.

    Where several may be dropped at once they become one file that holds them all.
    """
    round_key = f"drop-round:{name}"
    key = f"drop:{name}:{st.session_state.setdefault(round_key, 0)}"
    dropped = st.file_uploader(label, key=key, max_upload_size=MOST_MB, help=help_text, accept_multiple_files=several)
    files = dropped if isinstance(dropped, list) else [dropped] if dropped is not None else []
    if not files:
        return
    with shown_errors():
        with st.spinner("Copying to the workspace …"):
            _keep(name, _staged_as_one(files))
        # Another key is another uploader: Streamlit frees the file of the old one.
        st.session_state[round_key] += 1
        st.rerun()


def _staged_as_one(files: Sequence[UploadedFile]) -> Upload:
    workspace = resources.workspace()
    if len(files) == 1:
        return workspace.stage_upload(files[0], files[0].name)
    with tempfile.TemporaryDirectory(prefix="embedlab-") as folder:
        named = []
        for number, file in enumerate(files):
            path = Path(folder) / str(number)
            with path.open("wb") as stream:
                shutil.copyfileobj(file, stream)
            named.append((shown_name(file.name), path))
        with bundled(named, Limits.of(workspace.settings)) as bundle:
            return workspace.stage_upload(bundle, bundle_name([name for name, _ in named]))


def paste(name: str) -> None:
    """Draw a field for text to paste; it becomes an upload like a file."""
    with st.form(f"paste:{name}", border=False):
        text = st.text_area(
            "Text", height=200, max_chars=_LONGEST_PASTE, placeholder="Paste text, or rows of a table", key="pasted"
        )
        if st.form_submit_button("Look at it", icon=":material/search:", type="primary"):
            with shown_errors():
                if not text.strip():
                    raise InputError("There is no text yet.", remedy="Paste some text into the field above.")
                _keep(name, resources.workspace().stage_upload(io.BytesIO(text.encode("utf-8")), "Pasted text"))
                st.rerun()


def by_path(name: str) -> None:
    """Draw a field for the path of a file on this computer; only where one person runs the app for themselves."""
    with st.form(f"path:{name}", border=False):
        text = st.text_input("Path of a file on this computer", key="given-path")
        st.caption("For files above 1 GB. The file is copied into the workspace.")
        if st.form_submit_button("Look at it", icon=":material/search:", type="primary"):
            with shown_errors():
                path = Path(text).expanduser()
                if not text.strip() or not path.is_file():
                    raise NotFoundError("There is no file at this path.", received=text, remedy="Check the path.")
                with st.spinner("Copying to the workspace …"):
                    _keep(name, resources.workspace().stage_upload(path, path.name))
                st.rerun()


def companion(name: str, label: str, help_text: str) -> Upload | None:
    """Draw an optional second file beside the first; return it once it is there."""
    upload = staged(name)
    if upload is None:
        drop(name, label, help_text)
        return None
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"{label}: **{plain(upload.name)}** ({size(upload.size_bytes)})", width="stretch")
        st.button("Leave it out", key=f"discard:{name}", on_click=discard, args=(name,))
    return upload


def discard(*names: str) -> None:
    """Remove staged uploads the address speaks of."""
    for name in names:
        if upload_id := st.query_params.get(name):
            resources.workspace().discard_upload(upload_id)
            del st.query_params[name]


def _keep(name: str, upload: Upload) -> None:
    if upload.size_bytes == 0:
        resources.workspace().discard_upload(upload.id)
        raise _EMPTY
    st.query_params[name] = upload.id
