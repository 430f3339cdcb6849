"""Restoring a backup from the Workspace page, with the same checks as the command `restore`."""

from __future__ import annotations

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.jobs.restoring import BackgroundRestore
from embedlab.ui.kinds.staging import MAX_UPLOAD_MB
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.widgets.wording import counted

_COUNTER = "restore-counter"
_ERROR = "restore-error"
_TASK = "restore-task"
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
    task = BackgroundRestore(resources.workspace(), file)
    task.start()
    st.session_state[_TASK] = task
    st.rerun()


def is_running() -> bool:
    """Return whether this session restores a backup, or has not yet shown its result."""
    return _TASK in st.session_state


@st.fragment(run_every=1.0)
def watch() -> None:
    """Show the progress of a restore, and its result when it has ended."""
    task: BackgroundRestore = st.session_state[_TASK]
    if task.is_alive():
        st.markdown("## Restore")
        st.progress(min(1.0, task.share_done), text=f"Restoring the backup, {task.share_done:.0%}")
        return
    st.session_state.pop(_TASK)
    if task.error is not None:
        st.session_state[_ERROR] = task.error
    elif task.restored is not None:
        parts = [counted(task.restored[table], noun) for table, noun in _NOUNS.items() if task.restored.get(table)]
        st.toast(f"Restored {', '.join(parts) or 'an empty backup'}.", icon=":material/settings_backup_restore:")
        current.settle()
    # A new key makes a new uploader, so Streamlit frees the file of the old one.
    st.session_state[_COUNTER] += 1
    st.rerun()
