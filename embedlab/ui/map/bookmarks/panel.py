"""The bookmarks of a map: their list, and how they are named, ordered, exported and imported."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import LONGEST_NAME
from embedlab.ui.map.bookmarks import shown
from embedlab.ui.map.bookmarks.shown import EDIT, Edited
from embedlab.ui.map.view import View
from embedlab.ui.shell import errors, notices, resources
from embedlab.ui.shell.icon_button import icon_button
from embedlab.ui.shell.open_dialog import close, open_dialog, opened
from embedlab.ui.shell.plain import plain
from embedlab.workspace.bookmarks.bookmark import LONGEST_NOTE, Bookmark
from embedlab.workspace.bookmarks.file import as_file, read_file
from embedlab.workspace.bookmarks.store import (
    LARGEST_BYTES,
    MOST_BOOKMARKS,
    bookmarks,
    delete_bookmark,
    keep_bookmarks,
    move_bookmark,
)
from embedlab.workspace.rows import EmbeddingRow

_FILE = "map:bookmark-file"
_LINK = "bookmark-link"


def draw(view: View) -> None:
    """Draw the list of bookmarks."""
    try:
        stored = bookmarks(resources.workspace(), view.row.id)
    except EmbedLabError as error:
        errors.show(error)
        return
    state = shown.shown(view.row.id)
    with st.expander(f"Bookmarks ({len(stored)})", expanded=state is not None, key="expander-bookmarks"):
        for number, mark in enumerate(stored):
            is_shown = state is not None and state.bookmark.id == mark.id
            st.button(
                f"{number + 1}. {plain(mark.name, 40)}",
                key=f"map:bookmark-{mark.id}",
                icon=":material/bookmark:" if is_shown else None,
                type="tertiary",
                on_click=_show,
                args=(view.row, mark, number + 1, len(stored)),
            )
            if is_shown and state is not None:
                _shown_bookmark(view, mark, state.problems)
        if not stored:
            st.caption("The flag on the map, or the key M, makes a bookmark of what you see.")
        _file(view.row, stored)


def draw_dialog(row: EmbeddingRow) -> None:
    """Draw the dialog that is open, if it is about a bookmark of this embedding."""
    edited = opened(EDIT)
    if edited is not None and edited.embedding_id == row.id:
        _edit(row, edited)
    linked = opened(_LINK)
    if linked is not None and linked[0] == row.id:
        _link(row, linked[1])


def _show(row: EmbeddingRow, mark: Bookmark, number: int, of: int) -> None:
    with errors.shown_errors():
        shown.show(row, mark, number=number, of=of)


def _shown_bookmark(view: View, mark: Bookmark, problems: tuple[str, ...]) -> None:
    for problem in problems:
        st.caption(f":material/info: {plain(problem, 300)}")
    for line in mark.note.splitlines():
        st.caption(plain(line, LONGEST_NOTE))
    row = view.row
    with st.container(horizontal=True, gap="xxsmall", key="bookmark-actions"):
        icon_button("Move up", "arrow_upward", "map:bookmark-arrow_upward", _move, (row, mark.id, -1))
        icon_button("Move down", "arrow_downward", "map:bookmark-arrow_downward", _move, (row, mark.id, 1))
        icon_button(
            "Edit name and note",
            "edit",
            "map:bookmark-edit",
            open_dialog,
            (EDIT, Edited(row.id, view.projection.id, mark)),
        )
        icon_button("Link", "link", "map:bookmark-link", open_dialog, (_LINK, (row.id, mark)))
        icon_button("Delete bookmark", "delete", "map:bookmark-delete", _delete, (row, mark.id))


def _move(row: EmbeddingRow, bookmark_id: str, step: int) -> None:
    with errors.shown_errors():
        move_bookmark(resources.workspace(), row.id, bookmark_id, step)


def _delete(row: EmbeddingRow, bookmark_id: str) -> None:
    with errors.shown_errors():
        delete_bookmark(resources.workspace(), row.id, bookmark_id)
        shown.forget(row.id)


@st.dialog("Bookmark", on_dismiss=close)
def _edit(row: EmbeddingRow, edited: Edited) -> None:
    mark = edited.bookmark
    with st.form("bookmark", border=False):
        name = st.text_input("Name", value=mark.name, max_chars=LONGEST_NAME)
        note = st.text_area(
            "Note",
            value=mark.note,
            max_chars=LONGEST_NOTE,
            help="Plain text. It is shown beside the map while you present.",
        )
        if not st.form_submit_button("Save bookmark", type="primary"):
            return
        try:
            named = Bookmark.model_validate({**mark.model_dump(), "name": name, "note": note})
            keep_bookmarks(resources.workspace(), row.id, [named])
            stored = [each.id for each in bookmarks(resources.workspace(), row.id)]
        except EmbedLabError as error:
            errors.show(error)
            return
        shown.mark_shown(row, edited.projection_id, named, stored.index(named.id) + 1, len(stored))
        close()
        st.rerun()


@st.dialog("Link to this bookmark", on_dismiss=close)
def _link(row: EmbeddingRow, mark: Bookmark) -> None:
    st.caption("It opens this view in this workspace. For other workspaces, export the bookmarks as a file.")
    page = urlsplit(st.context.url or "")
    query = urlencode({"embedding": row.id, shown.ADDRESS: mark.id})
    st.code(urlunsplit((page.scheme, page.netloc, page.path or "/map", query, "")), language=None, wrap_lines=True)


def _file(row: EmbeddingRow, stored: list[Bookmark]) -> None:
    if stored:
        st.download_button(
            "Export bookmarks",
            lambda: as_file(row, row.title, stored),
            file_name="bookmarks.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
            key="map:bookmark-export",
            width="stretch",
        )
    popover = st.popover(
        "Import bookmarks", icon=":material/upload:", width="stretch", key="map:bookmark-import", on_change="rerun"
    )
    if not popover.open:
        return
    with popover:
        st.file_uploader(
            f"A file of bookmarks, at most {LARGEST_BYTES // 1_000_000} MB",
            type="json",
            key=_FILE,
            on_change=_import,
            args=(row,),
            help=f"An embedding can have {MOST_BOOKMARKS} bookmarks. Those of another embedding are matched by name.",
        )


def _import(row: EmbeddingRow) -> None:
    uploaded = st.session_state.get(_FILE)
    if uploaded is None:
        return
    try:
        content = read_file(uploaded.getvalue())
        keep_bookmarks(resources.workspace(), row.id, content.bookmarks)
    except EmbedLabError as error:
        received = f" Received: {error.received}." if error.received else ""
        notices.toast(plain(f"{error.what}{received} {error.remedy}", 400), icon=":material/error:")
        return
    n = len(content.bookmarks)
    other = content.embedding.id != row.id and content.embedding.title
    origin = f" They are from “{content.embedding.title}”; keys are matched by name." if other else ""
    notices.toast(
        plain(f"{n} {'bookmark' if n == 1 else 'bookmarks'} imported.{origin}", 300), icon=":material/bookmark:"
    )
