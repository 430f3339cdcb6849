"""Restoring a backup from the Workspace page, with the same checks as the command `restore`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.jobs.restoring import restore_workspace
from embedlab.ui.kinds.staging import MAX_UPLOAD_MB
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.widgets.wording import counted

_COUNTER = "restore-counter"
_ERROR = "restore-error"
_NOUNS = {"datasets": "datasets", "runs": "runs", "embeddings": "embeddings", "projections": "maps"}


def restore(*, is_empty: bool) -> None:
    """Draw the upload of a backup, or why this workspace cannot take one.

    Parameters
    ----------
    is_empty
        Whether the workspace has nothing that a backup could overwrite.
    """
    st.markdown("## Restore")
    if not is_empty:
        st.caption(
            "A backup is restored into an empty workspace only, so that it overwrites nothing. This one has data: "
            "start EmbedLab with EMBEDLAB\\_HOME set to a new folder, and restore the backup there."
        )
        return
    st.caption("Brings back everything in a backup: datasets, runs, embeddings and maps.")
    error: EmbedLabError | None = st.session_state.get(_ERROR)
    if error is not None:
        errors.show(error)
    key = f"restore-file:{st.session_state.setdefault(_COUNTER, 0)}"
    file = st.file_uploader(
        f"Backup (.zip, up to {MAX_UPLOAD_MB // 1024} GB)", type="zip", key=key, max_upload_size=MAX_UPLOAD_MB
    )
    st.caption("Larger backups: python -m embedlab restore FILE.zip")
    if file is None:
        return
    st.session_state.pop(_ERROR, None)
    try:
        with st.spinner("Restoring …"), tempfile.TemporaryDirectory(prefix="embedlab-") as folder:
            path = Path(folder) / "backup.zip"
            with path.open("wb") as stream:
                shutil.copyfileobj(file, stream)
            restored = restore_workspace(resources.workspace(), path)
    except EmbedLabError as refused:
        st.session_state[_ERROR] = refused
    else:
        parts = [counted(restored[table], noun) for table, noun in _NOUNS.items() if restored.get(table)]
        st.toast(f"Restored {', '.join(parts) or 'an empty backup'}.", icon=":material/settings_backup_restore:")
        current.settle()
    # A new key makes a new uploader, so Streamlit frees the file of the old one.
    st.session_state[_COUNTER] += 1
    st.rerun()
