"""The workspace as its keeper sees it: what takes how much space, what can go, one file that holds it all."""

from __future__ import annotations

import ipaddress
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st
from streamlit import config

from embedlab.core.errors import NotFoundError
from embedlab.core.plain import one_line
from embedlab.figures.bars import usage_bars
from embedlab.ui.export import prepared
from embedlab.ui.export.dialog import download_link
from embedlab.ui.shell import errors, resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import bounded, dialogs
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.wording import counted, size
from embedlab.workspace.backup import write_backup
from embedlab.workspace.catalog import new_id
from embedlab.workspace.database import stored_version
from embedlab.workspace.housekeeping import Usage
from embedlab.workspace.rows import ENDED, JobRow
from embedlab.workspace.trash import Trash
from embedlab.workspace.workspace import Dependents

ROOMS = {
    "datasets": "Dataset",
    "runs": "Run",
    "embeddings": "Embedding",
    "projections": "Map",
    "jobs": "Job",
    "uploads": "Upload",
}
_KEPT = ("datasets", "runs", "embeddings")
_SHOWN = "usage-shown"
_STEP = 100
_BACKUP = "workspace-backup"


def figures(used: Usage) -> None:
    """Draw how much is used, by what, and how much is left."""
    workspace = resources.workspace()
    home = workspace.settings.home
    prepared.remove_old(workspace, prepared.MOST_PREPARED)
    rooms = dict.fromkeys(ROOMS, 0)
    for room, _, _, n_bytes in used.rows:
        rooms[room] += n_bytes
    in_trash = used.trash.size_bytes
    whole = used.total_bytes
    numbers, bars = st.columns([1, 2], gap="medium", vertical_alignment="center")
    with numbers:
        st.metric("Used by EmbedLab", size(whole), border=True)
        st.metric("Free on this disk", size(shutil.disk_usage(home).free), border=True)
    sizes = {f"{ROOMS[room]}s": n_bytes for room, n_bytes in rooms.items() if n_bytes}
    if in_trash:
        sizes["Trash"] = in_trash
    other = whole - sum(sizes.values())
    with bars:
        run_figures.show(
            usage_bars(sizes | ({"Catalog, exports": other} if other > 0 else {}), theme=run_figures.theme()),
            key="usage-bars",
            alt="Disk used by each kind of thing",
        )


def everything(used: Usage) -> None:
    """Draw the table of what takes space; a chosen row can be deleted."""
    wanted = bounded.search_box("usage-search", "Name").casefold().split()
    found = [row for row in used.rows if all(word in row[2].casefold() for word in wanted)] if wanted else used.rows
    rows = found[: bounded.shown(_SHOWN, _STEP)]
    if not rows:
        st.info("Nothing has such a name. Clear the search.", icon=":material/filter_alt_off:")
        return
    most = max(n_bytes for *_, n_bytes in rows)
    table = pd.DataFrame(
        {
            "Name": [one_line(name or row_id) for _, row_id, name, _ in rows],
            "What": [ROOMS.get(room, room) for room, *_ in rows],
            "Size": [size(n_bytes) for *_, n_bytes in rows],
            "Share of the largest": [n_bytes / most for *_, n_bytes in rows],
        }
    )
    state = st.dataframe(
        table,
        key=f"usage-{len(rows)}-{' '.join(wanted)}",
        hide_index=True,
        row_height=34,
        height=min(34 * (len(rows) + 1) + 3, 360),
        column_config={
            "Name": st.column_config.TextColumn(width="large"),
            "What": st.column_config.TextColumn(width="small"),
            "Size": st.column_config.TextColumn(width="small"),
            "Share of the largest": st.column_config.ProgressColumn(
                format=" ", min_value=0.0, max_value=1.0, width="medium"
            ),
        },
        on_select="rerun",
        selection_mode="single-row",
        alt="What takes how much space",
    )
    bounded.more_button(_SHOWN, _STEP, len(rows), len(found), "things, largest first")
    chosen = state["selection"]["rows"]
    row = rows[chosen[0]] if chosen and chosen[0] < len(rows) else None
    with st.container(horizontal=True, vertical_alignment="center"):
        _delete_button(row)
        _clear_jobs_button()


def _delete_button(row: tuple[str, str, str, int] | None) -> None:
    room, row_id, name, _ = row or ("", "", "", 0)
    deletable = room in (*_KEPT, "uploads")
    pressed = st.button("Delete", icon=":material/delete:", disabled=not deletable, key="delete")
    if row is None:
        st.caption("Choose a row to delete it.")
    elif not deletable:
        st.caption(f"{ROOMS.get(room, room)}s go with what they belong to.")
    if pressed and deletable:
        confirm_delete(room, row_id, name)


def confirm_delete(room: str, row_id: str, name: str) -> None:
    """Ask before deleting, telling what depends on it."""
    workspace = resources.workspace()
    ways: dict[str, tuple[Callable[[str], Dependents], Callable[[str], None]]] = {
        "datasets": (workspace.dependents_of_dataset, workspace.delete_dataset),
        "runs": (workspace.dependents_of_run, workspace.delete_run),
        "embeddings": (_dependents_of_embedding, workspace.delete_embedding),
        "uploads": (lambda _: Dependents(), workspace.discard_upload),
    }
    dependents, delete = ways[room]
    dialogs.delete(name, dependents(row_id), lambda: delete(row_id), own_runs=int(room == "runs"))


def _dependents_of_embedding(embedding_id: str) -> Dependents:
    return Dependents(projections=tuple(row.id for row in resources.workspace().projections(embedding_id)))


def ended_jobs() -> list[JobRow]:
    """Return the imports and projections that are over; runs are deleted with what they made."""
    return resources.jobs().others(ENDED)


def clear_jobs() -> None:
    """Forget the ended imports and projections."""
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
            f"Clear {counted(n_ended, 'finished jobs')}" if n_ended > 1 else "Clear one finished job",
            icon=":material/cleaning_services:",
            on_click=clear_jobs,
            help="Logs of imports and maps that are over. What they made stays.",
        )


def trash(found: Trash) -> None:
    """Draw how much is in the trash and when it is deleted, with a button that empties it; nothing when it is empty."""
    workspace = resources.workspace()
    if found.next_deletion_at is None:
        return
    deleted_on = datetime.fromtimestamp(found.next_deletion_at, UTC)
    items = counted(found.n_items, "items") if found.n_items > 1 else "One item"
    st.markdown("##### Trash")
    st.caption(
        f"{items}, {size(found.size_bytes)}: files in the workspace folder that the catalog does not know. "
        f"Deletion starts on {deleted_on:%B} {deleted_on.day}, {deleted_on.year}. "
        "If the catalog is restored before then, they return to their place."
    )
    st.button("Empty trash", icon=":material/delete_forever:", key="empty-trash", on_click=workspace.empty_trash)


def backup() -> None:
    """Draw the button that writes everything into one zip in the background, and then the link to it."""
    st.markdown("##### Backup")
    st.caption(
        "A single zip with everything in this workspace, to store or to restore on another computer. "
        "It is written in the background and available here for an hour."
    )
    work: prepared.Writing | None = st.session_state.get(_BACKUP)
    busy = work is not None and work.is_alive()
    st.button("Make a backup", icon=":material/folder_zip:", on_click=start_backup, disabled=busy)
    if work is not None:
        # While it is written, the fragment looks again by itself.
        st.fragment(run_every=1.0 if busy else None)(_watch_backup)(work, busy)


def start_backup() -> None:
    """Begin to write the backup."""
    workspace = resources.workspace()
    size_bytes = sum(n_bytes for *_, n_bytes in workspace.usage().rows)
    with errors.shown_errors():
        prepared.require_room(workspace, size_bytes)
        work = prepared.Writing(
            workspace, new_id(), lambda folder: write_backup(workspace, folder / "embedlab-backup.zip"), size_bytes
        )
        work.start()
        st.session_state[_BACKUP] = work


def _watch_backup(work: prepared.Writing, was_busy: bool) -> None:
    if work.is_alive():
        written = work.written_bytes
        st.progress(min(written / max(work.expected_bytes, 1), 0.99), text=f"{size(written)} written")
        return
    if was_busy:
        # The button is wanted again, and nothing is left to watch.
        st.rerun()
    if work.error is not None:
        errors.show(work.error)
        return
    try:
        download_link(prepared.find_prepared(work.workspace, work.file_id))
    except NotFoundError:
        st.session_state.pop(_BACKUP, None)
        st.caption("The backup is no longer kept here. Make a new one.")


def whereabouts() -> None:
    """Tell the schema version and, to the one at this computer, where the workspace lies."""
    workspace = resources.workspace()
    told = [f"Schema version {plain(stored_version(workspace.catalog.engine))}"]
    if is_local():
        told.append(f"Folder {plain(str(workspace.settings.home), 300)}, set by EMBEDLAB\\_HOME")
    st.caption(" · ".join(told))


def is_local() -> bool:
    """Tell whether the app serves this computer only, and this browser asked for it by a local address."""
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
