"""Recommendations as a file: for the one who is shown, or for all users, written in the background."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from embedlab.core.errors import EmbedLabError, NotFoundError
from embedlab.exploration.new_things.own_ratings import OwnRatings
from embedlab.exploration.new_things.recommender import Recommender, Wish
from embedlab.export.download import file_stem
from embedlab.export.recommendations import write_all_recommendations, write_recommendations
from embedlab.ui.export import files
from embedlab.ui.export.dialog import download_link
from embedlab.ui.recommend.runs import OpenRun
from embedlab.ui.shell import errors, resources
from embedlab.ui.shell.open_dialog import close, dialog_button
from embedlab.ui.widgets.wording import counted, number

_FORMATS: Final = {".csv": "CSV for a spreadsheet", ".parquet": "Parquet"}
_TASK: Final = "recommend-file"
#: Approximate size of a row, with its title as text.
_ROW_BYTES: Final = 60


def button(opened: OpenRun, wish: Wish, *, user: str | None = None, own: OwnRatings | None = None) -> None:
    """Draw the button that opens the download of a list; `user` or `own` says whose."""
    about, options = opened.run.id, {"type": "secondary", "help": "As CSV or Parquet"}
    if dialog_button("Download", "download", "recommend-download", about, **options):
        _dialog(opened, wish, user, own)


@st.dialog("Download recommendations", width="medium", on_dismiss=close)
def _dialog(opened: OpenRun, wish: Wish, user: str | None, own: OwnRatings | None) -> None:
    recommender = opened.recommender
    n_users = len(recommender.dataset.users)
    this = "This list" if user is None else "This user"
    whom = st.radio("For", [this, f"All {number(n_users)} users"], key="download-whom", horizontal=True)
    suffix = st.radio(
        "Format", list(_FORMATS), format_func=lambda each: _FORMATS[each], key="download-format", horizontal=True
    )
    st.caption("The number of results, the filters and the popularity are those of the page.")
    stem = file_stem(f"{opened.run.name} recommendations")
    if whom == this:
        # Small: written at once.
        file_id = files.export_file_id("recommend", opened.run.id, repr(wish), repr(user), repr(own), suffix)
        _write_at_once(file_id, recommender, wish, user, own, f"{stem}{suffix}")
        return
    file_id = files.export_file_id("recommend-all", opened.run.id, repr(wish), suffix)
    expected = n_users * wish.topn * _ROW_BYTES
    try:
        download_link(files.find_export_file(resources.workspace(), file_id))
    except NotFoundError:
        _write_in_background(file_id, recommender, wish, f"{stem}{suffix}", expected)


def _write_at_once(
    file_id: str, recommender: Recommender, wish: Wish, user: str | None, own: OwnRatings | None, name: str
) -> None:
    found = recommender.recommend_for(own, wish) if own is not None else recommender.recommend(str(user), wish)

    def write(folder: Path) -> None:
        write_recommendations(found, folder / name)

    try:
        download_link(files.prepare(resources.workspace(), file_id, write))
    except EmbedLabError as error:
        errors.show(error)


def _write_in_background(file_id: str, recommender: Recommender, wish: Wish, name: str, expected: int) -> None:
    task: files.BackgroundWrite | None = st.session_state.get(_TASK)
    if task is None or task.file_id != file_id:
        if not st.button(f"Prepare file ({counted(expected // _ROW_BYTES, 'rows')})", icon=":material/build:"):
            return
        with errors.shown_errors():
            files.require_space(resources.workspace(), expected)
            task = files.BackgroundWrite(
                resources.workspace(),
                file_id,
                lambda folder: write_all_recommendations(recommender, folder / name, wish),
                expected,
            )
            task.start()
            st.session_state[_TASK] = task
    if task is not None:
        st.fragment(run_every=1.0 if task.is_alive() else None)(_watch)(task)


def _watch(task: files.BackgroundWrite) -> None:
    if task.is_alive():
        st.progress(min(task.written_bytes / max(task.expected_bytes, 1), 0.99), text="Writing the file")
        return
    if task.error is not None:
        st.session_state.pop(_TASK, None)
        errors.show(task.error)
        return
    try:
        download_link(files.find_export_file(task.workspace, task.file_id))
    except NotFoundError:
        st.session_state.pop(_TASK, None)
        st.caption("The file has expired. Prepare it again.")
