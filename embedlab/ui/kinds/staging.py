"""Uploads: a dropped file, pasted text, or a local path. The file is on disk before anything reads it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from embedlab.core.errors import EmbedLabError, InputError, NotFoundError
from embedlab.kinds.companion_match import NamedFile
from embedlab.kinds.registry import KINDS
from embedlab.kinds.together import arrange
from embedlab.reading.bundles import bundle_name, bundled
from embedlab.ui.kinds.reading_form import limits, opened
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import size
from embedlab.workspace.uploads import Upload

MAX_UPLOAD_MB = 1024
_MAX_PASTE_CHARACTERS = 5_000_000
#: URL parameter of the uploads that are not used, separated by commas.
UNUSED = "unused"
#: More in a URL are not looked up; the files of an abandoned form are deleted after a day.
_MOST_UNUSED = 100
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

    If `several` files may be dropped at once, each gets the part that its content says: the data, a second file of it,
    or unused.
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
            if len(files) == 1:
                _store(name, resources.workspace().stage_upload(files[0], files[0].name))
            else:
                _store_together(name, files)
        # A new key makes a new uploader, so Streamlit frees the file of the old one.
        st.session_state[counter_key] += 1
        st.rerun()


def _store_together(name: str, files: Sequence[UploadedFile]) -> None:
    """Put the ids of files dropped together into the URL, by what each of them is."""
    workspace = resources.workspace()
    uploads = [workspace.stage_upload(file, file.name) for file in files]
    empty = [upload for upload in uploads if upload.size_bytes == 0]
    uploads = [upload for upload in uploads if upload.size_bytes]
    for upload in empty:
        workspace.discard_upload(upload.id)
    if not uploads:
        raise _EMPTY
    try:
        arrangement = arrange([NamedFile(upload.name, opened(upload.id)) for upload in uploads])
    except EmbedLabError:
        # The error of the first file is shown in place of its preview.
        put_files(name, uploads[0].id, {}, [upload.id for upload in uploads[1:]])
        return
    main = [uploads[number] for number in arrangement.main]
    companions = {match.companion: uploads[number].id for number, match in arrangement.companions.items()}
    unused = [uploads[each.file].id for each in arrangement.unused]
    put_files(name, (main[0] if len(main) == 1 else _bundle(main)).id, companions, unused)


def _bundle(uploads: Sequence[Upload]) -> Upload:
    """Return several uploads as one, and discard them."""
    workspace = resources.workspace()
    named_paths = [(upload.name, upload.path) for upload in uploads]
    with bundled(named_paths, limits()) as path:
        bundle = workspace.stage_upload(path, bundle_name([upload.name for upload in uploads]))
    for upload in uploads:
        workspace.discard_upload(upload.id)
    return bundle


def put_files(name: str, main: str, companions: Mapping[str, str], unused: Sequence[str]) -> None:
    """Put the parts of uploads into the URL: the data, its second files by their names in the kind, and the rest."""
    for role in companion_names():
        st.query_params.pop(role, None)
    st.query_params.update({name: main, **companions})
    if unused:
        st.query_params[UNUSED] = ",".join(unused)
    else:
        st.query_params.pop(UNUSED, None)


def unused() -> list[Upload]:
    """Return the uploads that are in the URL and not used."""
    ids = st.query_params.get(UNUSED, "").split(",")[:_MOST_UNUSED]
    return [upload for upload in map(_upload_or_none, ids) if upload is not None]


def companion_names() -> list[str]:
    """Return the names of the second files of all kinds, which are the names of URL parameters."""
    return sorted({companion.name for known in KINDS.values() for companion in known.companions})


def _upload_or_none(upload_id: str) -> Upload | None:
    try:
        return resources.workspace().upload(upload_id)
    except NotFoundError:
        return None


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
        if ids := st.query_params.get(name):
            for upload_id in ids.split(",")[:_MOST_UNUSED]:
                resources.workspace().discard_upload(upload_id)
            del st.query_params[name]


def _store(name: str, upload: Upload) -> None:
    if upload.size_bytes == 0:
        resources.workspace().discard_upload(upload.id)
        raise _EMPTY
    st.query_params[name] = upload.id
