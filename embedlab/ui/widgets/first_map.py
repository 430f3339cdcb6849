"""The way from data to its map: import, training and map as steps with progress; the map opens when it is ready."""

from __future__ import annotations

import streamlit as st

from embedlab.core.errors import NotFoundError
from embedlab.core.roles import default_embedding
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import open_page
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import job_progress as live
from embedlab.workspace.rows import JobRow, Status

_WATCH = "watch"
_EVERY_S = 0.8
_MAP_DIMENSIONS = 2
_STEPS = {"import": "Import data", "train": "Train model", "map": "Open map"}


def watch(job_id: str) -> None:
    """Show the steps of a job instead of the page, from the next run of the page on."""
    st.query_params[_WATCH] = job_id


def draw(back: str) -> bool:
    """Draw the steps of the job in the URL, and open its map when it is ready; return whether there is one.

    Parameters
    ----------
    back
        Label of the button that leaves a job which failed.
    """
    job_id = st.query_params.get(_WATCH)
    if job_id is None:
        return False
    try:
        row = _current_job(job_id)
    except NotFoundError:
        del st.query_params[_WATCH]
        return False
    if _has_succeeded(row) and not live.is_finishing(row):
        _open_map(row)
    if row.status.is_active or _has_succeeded(row):
        if row.run_id is not None and current.get("run") != row.run_id:
            # The frame above has named what was current before.
            current.select(run=row.run_id)
            st.rerun()
        st.fragment(run_every=_EVERY_S)(_poll)(job_id, row.id)
        return True
    steps(row)
    live.stopped(row)
    live.log(row.id)
    if st.button(back, icon=":material/arrow_back:"):
        del st.query_params[_WATCH]
        st.rerun()
    return True


def _current_job(job_id: str) -> JobRow:
    """Return the active job: the import, or the training that follows it."""
    jobs = resources.jobs()
    row = jobs.job(job_id)
    training_id = (row.result or {}).get("run_id") if row.run_id is None else None
    return jobs.job(training_id) if training_id else row


def _has_succeeded(row: JobRow) -> bool:
    return row.status == Status.SUCCEEDED and row.run_id is not None


def _open_map(row: JobRow) -> None:
    made = {each.name: each for each in resources.workspace().embeddings(run_id=row.run_id or "")}
    name = default_embedding({name: each.n_keys for name, each in made.items()})
    open_map(None if name is None else made[name].id, run_id=row.run_id)


def open_map(embedding_id: str | None, *, run_id: str | None = None) -> None:
    """Open the Map page with an embedding that has just been made, by a run or by an import."""
    # Prefer the 2-D map, which is easier to read.
    maps = resources.workspace().projections(embedding_id or "")
    flat = [row.id for row in maps if row.n_components == _MAP_DIMENSIONS]
    open_page("map", run=run_id, embedding=embedding_id, projection=flat[0] if flat else None)


def _poll(job_id: str, before: str) -> None:
    resources.jobs().dispatch()
    row = _current_job(job_id)
    if (not row.status.is_active and not live.is_finishing(row)) or row.id != before:
        # Rerun the whole page: if a polling fragment switched pages, the next page could stay empty.
        st.rerun()
    steps(row)
    live.panel(row)


def steps(row: JobRow, *, trains: bool = True) -> None:
    """Draw the title of a job and the step that it is.

    Parameters
    ----------
    trains
        Whether a model is trained after the import.
    """
    st.header(plain(row.title), anchor=False)
    titles = [title for step, title in _STEPS.items() if trains or step != "train"]
    done = 0 if row.run_id is None else 1
    icons = [
        ":material/check_circle:"
        if place < done
        else ":material/radio_button_checked:"
        if place == done
        else ":material/radio_button_unchecked:"
        for place in range(len(titles))
    ]
    texts = [
        f"{icon} **{title}**" if place == done else f"{icon} {title}"
        for place, (icon, title) in enumerate(zip(icons, titles, strict=True))
    ]
    st.markdown(" \u2002:material/chevron_right:\u2002 ".join(texts))
