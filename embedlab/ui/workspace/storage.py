"""The parts of the Workspace page: storage by item, deletion, trash, backup."""

from __future__ import annotations

import ipaddress
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st
from streamlit import config

from embedlab.core.errors import EmbedLabError, NotFoundError
from embedlab.core.plain import one_line
from embedlab.figures.bars import usage_bars
from embedlab.ui.export import files
from embedlab.ui.export.dialog import download_link
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.shell.open_dialog import close, open_dialog, opened
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import dialogs, long_lists
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.wording import counted, size
from embedlab.ui.workspace import evaluating
from embedlab.workspace.backup import write_backup
from embedlab.workspace.catalog import new_id
from embedlab.workspace.database import stored_version
from embedlab.workspace.housekeeping import Usage
from embedlab.workspace.rows import ENDED, JobRow
from embedlab.workspace.trash import Trash
from embedlab.workspace.workspace import Dependents

ITEM_TYPES = {
    "datasets": "Dataset",
    "runs": "Run",
    "embeddings": "Embedding",
    "projections": "Map",
    "jobs": "Job",
    "uploads": "Upload",
}
_DELETABLE = ("datasets", "runs", "embeddings")
_DELETE = "delete-item"
_SHOWN = "usage-shown"
_STEP = 100
_BACKUP = "workspace-backup"


def usage_summary(usage: Usage) -> None:
    """Draw the disk space used by each type of item, and the free space."""
    workspace = resources.workspace()
    home = workspace.settings.home
    files.remove_old(workspace, files.MAX_FILES)
    sizes_by_type = dict.fromkeys(ITEM_TYPES, 0)
    for item_type, _, _, n_bytes in usage.rows:
        sizes_by_type[item_type] += n_bytes
    in_trash = usage.trash.size_bytes
    total = usage.total_bytes
    numbers, bars = st.columns([1, 2], gap="medium", vertical_alignment="center")
    with numbers:
        st.metric("Used by EmbedLab", size(total), border=True)
        st.metric("Free on disk", size(shutil.disk_usage(home).free), border=True)
    sizes = {f"{ITEM_TYPES[item_type]}s": n_bytes for item_type, n_bytes in sizes_by_type.items() if n_bytes}
    if in_trash:
        sizes["Trash"] = in_trash
    other = total - sum(sizes.values())
    with bars:
        run_figures.show(
            usage_bars(sizes | ({"Catalog, exports": other} if other > 0 else {}), theme=run_figures.theme()),
            key="usage-bars",
            alt="Disk usage by type of item",
        )


def item_table(usage: Usage) -> None:
    """Draw the table of items by size; the selected one can be deleted."""
    search_words = long_lists.search_box("usage-search", "Name").casefold().split()
    matches = (
        [row for row in usage.rows if all(word in row[2].casefold() for word in search_words)]
        if search_words
        else usage.rows
    )
    rows = matches[: long_lists.shown(_SHOWN, _STEP)]
    if not rows:
        st.info("No item matches. Clear the search.", icon=":material/filter_alt_off:")
        return
    most = max(n_bytes for *_, n_bytes in rows)
    table = pd.DataFrame(
        {
            "Name": [one_line(name or row_id) for _, row_id, name, _ in rows],
            "Type": [ITEM_TYPES.get(item_type, item_type) for item_type, *_ in rows],
            "Size": [size(n_bytes) for *_, n_bytes in rows],
            "Share of the largest": [n_bytes / most for *_, n_bytes in rows],
        }
    )
    state = st.dataframe(
        table,
        key=f"usage-{len(rows)}-{' '.join(search_words)}",
        hide_index=True,
        row_height=34,
        height=min(34 * (len(rows) + 1) + 3, 360),
        column_config={
            "Name": st.column_config.TextColumn(width="large"),
            "Type": st.column_config.TextColumn(width="small"),
            "Size": st.column_config.TextColumn(width="small"),
            "Share of the largest": st.column_config.ProgressColumn(
                format=" ", min_value=0.0, max_value=1.0, width="medium"
            ),
        },
        on_select="rerun",
        selection_mode="single-row",
        alt="Disk space by item",
    )
    long_lists.more_button(_SHOWN, _STEP, len(rows), len(matches), "items, largest first")
    selected = state["selection"]["rows"]
    row = rows[selected[0]] if selected and selected[0] < len(rows) else None
    with st.container(horizontal=True, vertical_alignment="center"):
        _delete_button(row)
        if row is not None:
            evaluating.button(row[0], row[1])
        _clear_jobs_button()


def _delete_button(row: tuple[str, str, str, int] | None) -> None:
    item_type, row_id, name, _ = row or ("", "", "", 0)
    deletable = item_type in (*_DELETABLE, "uploads")
    st.button(
        "Delete",
        icon=":material/delete:",
        disabled=not deletable,
        key="delete",
        on_click=open_dialog,
        args=(_DELETE, (item_type, row_id, name)),
    )
    if row is None:
        st.caption("Select a row to delete it.")
    elif not deletable:
        st.caption(f"{ITEM_TYPES.get(item_type, item_type)}s are deleted together with what they belong to.")
    if (item := opened(_DELETE)) is not None:
        with errors.shown_errors():
            confirm_delete(*item)


def confirm_delete(item_type: str, row_id: str, name: str) -> None:
    """Ask for confirmation before deleting, and show what depends on the item."""
    workspace = resources.workspace()
    functions: dict[str, tuple[Callable[[str], Dependents], Callable[[str], None]]] = {
        "datasets": (workspace.dependents_of_dataset, workspace.delete_dataset),
        "runs": (workspace.dependents_of_run, workspace.delete_run),
        "embeddings": (_dependents_of_embedding, workspace.delete_embedding),
        "uploads": (lambda _: Dependents(), workspace.discard_upload),
    }
    dependents, delete = functions[item_type]

    def apply() -> None:
        delete(row_id)
        current.settle()

    try:
        removed_too = dependents(row_id)
    except EmbedLabError:
        # Deleted meanwhile, in another window.
        close()
        raise
    dialogs.delete(name, removed_too, apply, own_runs=int(item_type == "runs"))


def _dependents_of_embedding(embedding_id: str) -> Dependents:
    workspace = resources.workspace()
    rows = [*workspace.projections(embedding_id), *workspace.isolated_maps(embedding_id)]
    return Dependents(projections=tuple(row.id for row in rows))


def ended_jobs() -> list[JobRow]:
    """Return ended imports and projections; training jobs are deleted together with their run."""
    return resources.jobs().others(ENDED)


def clear_jobs() -> None:
    """Delete the ended imports and projections."""
    jobs = resources.jobs()
    for job in ended_jobs():
        try:
            jobs.dismiss(job.id)
        except NotFoundError:
            continue


def _clear_jobs_button() -> None:
    n_ended = resources.jobs().n_others(ENDED)
    if n_ended:
        st.button(
            f"Delete {counted(n_ended, 'finished jobs')}" if n_ended > 1 else "Delete 1 finished job",
            icon=":material/cleaning_services:",
            on_click=clear_jobs,
            help="Deletes logs of finished imports and projections. Their results are kept.",
        )


def trash(contents: Trash) -> None:
    """Draw the size of the trash, its deletion date, and a button that empties it; nothing if it is empty."""
    workspace = resources.workspace()
    if contents.next_deletion_at is None:
        return
    deleted_on = datetime.fromtimestamp(contents.next_deletion_at, UTC)
    items = counted(contents.n_items, "items") if contents.n_items > 1 else "One item"
    st.markdown("## Trash")
    st.caption(
        f"{items}, {size(contents.size_bytes)}: files in the workspace folder that are missing from the catalog. "
        f"Deletion starts on {deleted_on:%B} {deleted_on.day}, {deleted_on.year}. "
        "If you restore the catalog before then, the files return to their place."
    )
    st.button("Empty trash", icon=":material/delete_forever:", key="empty-trash", on_click=workspace.empty_trash)


def backup() -> None:
    """Draw the button that writes the backup in the background, then its download link."""
    st.markdown("## Backup")
    st.caption(
        "A single zip file with everything in this workspace, to archive or to restore on another computer. "
        "It is written in the background and available here for an hour."
    )
    task: files.BackgroundWrite | None = st.session_state.get(_BACKUP)
    busy = task is not None and task.is_alive()
    st.button("Create backup", icon=":material/folder_zip:", on_click=start_backup, disabled=busy)
    if task is not None:
        # The fragment refreshes itself while the backup is being written.
        st.fragment(run_every=1.0 if busy else None)(_watch_backup)(task, busy)


def start_backup() -> None:
    """Start writing the backup."""
    workspace = resources.workspace()
    size_bytes = sum(n_bytes for *_, n_bytes in workspace.usage().rows)
    with errors.shown_errors():
        files.require_space(workspace, size_bytes)
        task = files.BackgroundWrite(
            workspace, new_id(), lambda folder: write_backup(workspace, folder / "embedlab-backup.zip"), size_bytes
        )
        task.start()
        st.session_state[_BACKUP] = task


def _watch_backup(task: files.BackgroundWrite, was_busy: bool) -> None:
    if task.is_alive():
        written = task.written_bytes
        st.progress(min(written / max(task.expected_bytes, 1), 0.99), text=f"{size(written)} written")
        return
    if was_busy:
        # Enable the button again and stop polling.
        st.rerun()
    if task.error is not None:
        errors.show(task.error)
        return
    try:
        download_link(files.find_export_file(task.workspace, task.file_id))
    except NotFoundError:
        st.session_state.pop(_BACKUP, None)
        st.caption("The backup has expired. Create a new one.")


def workspace_info() -> None:
    """Draw the schema version and, on this computer only, the folder of the workspace."""
    workspace = resources.workspace()
    parts = [f"Schema version {plain(stored_version(workspace.catalog.engine))}"]
    if is_local():
        parts.append(f"Folder {plain(str(workspace.settings.home), 300)}, set by EMBEDLAB\\_HOME")
    st.caption(" · ".join(parts))


def is_local() -> bool:
    """Return whether the app serves only this computer and the browser uses a local address."""
    url = st.context.url
    host = urlsplit(url).hostname if isinstance(url, str) else None
    return _is_loopback(config.get_option("server.address")) and (host is None or _is_loopback(host))


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return host is not None and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
