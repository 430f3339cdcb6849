"""From a sample to its map with one click: import, training, and map, with progress."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import streamlit as st

from embedlab.core.roles import default_embedding
from embedlab.kinds.registry import kind as kind_of
from embedlab.reading.opened import OpenedUpload
from embedlab.samples.shipped import SAMPLES, Sample, write_sample
from embedlab.ui.kinds.reading_form import limits
from embedlab.ui.kinds.registry import page_of
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import open_page
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import job_progress as live
from embedlab.workspace.rows import JobRow, Status

_WATCH = "watch"
_EVERY_S = 0.8
_MAP_DIMENSIONS = 2
_STEPS = {"import": "Import sample", "train": "Train embedding", "map": "Open map"}


def cards() -> None:
    """Draw the sample cards."""
    for sample, column in zip(SAMPLES, st.columns(len(SAMPLES), gap="medium"), strict=True):
        with column.container(border=True, height="stretch", gap="xsmall"):
            st.markdown(f"**{page_of(sample.kind).icon} {plain(sample.title)}**")
            st.caption(plain(sample.summary, 300))
            # The flexible space is above the button, so that the buttons line up.
            st.space("stretch")
            if st.button("Train and open map", key=f"sample-{sample.name}", type="primary", width="stretch"):
                with st.spinner("Preparing the sample …"):
                    st.query_params[_WATCH] = start(sample).id
                st.rerun()


def start(sample: Sample) -> JobRow:
    """Queue the training of a sample, after its import unless the same file was imported before."""
    workspace, jobs = resources.workspace(), resources.jobs()
    with tempfile.TemporaryDirectory() as folder:
        files = write_sample(sample.name, Path(folder))
        upload = workspace.stage_upload(files.path, files.path.name)
        duplicate = workspace.find_dataset(upload.digest)
        if duplicate is not None and duplicate.kind == sample.kind:
            workspace.discard_upload(upload.id)
            return jobs.submit_training(duplicate.id, sample.model, sample.parameters)
        items = files.items_path and workspace.stage_upload(files.items_path, files.items_path.name)
    return jobs.submit_import(
        upload.id,
        sample.kind,
        import_options(sample, upload.path),
        sample.title,
        companions={"items": items.id} if items else {},
        then_train=(sample.model, sample.parameters),
    )


def draw_progress() -> bool:
    """Draw the progress of the sample in the URL; return whether there is one."""
    job_id = st.query_params.get(_WATCH)
    if job_id is None:
        return False
    row = _current_job(job_id)
    if _has_succeeded(row):
        _open_map(row)
    if row.status.is_active:
        if row.run_id is not None and current.get("run") != row.run_id:
            # The frame above has named what was current before.
            current.select(run=row.run_id)
            st.rerun()
        st.fragment(run_every=_EVERY_S)(_poll)(job_id, row.id)
        return True
    _steps(row)
    live.stopped(row)
    live.log(row.id)
    if st.button("Back to Start", icon=":material/arrow_back:"):
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
    made = (row.result or {}).get("embeddings", {})
    name = default_embedding(made)
    first = None if name is None else made[name]
    # Prefer the 2-D map, which is easier to read.
    flat = [row.id for row in resources.workspace().projections(first or "") if row.n_components == _MAP_DIMENSIONS]
    open_page("map", run=row.run_id, embedding=first, projection=flat[0] if flat else None)


def _poll(job_id: str, before: str) -> None:
    resources.jobs().dispatch()
    row = _current_job(job_id)
    if not row.status.is_active or row.id != before:
        # Rerun the whole page: if a polling fragment switched pages, the next page could stay empty.
        st.rerun()
    _steps(row)
    live.panel(row)


def _steps(row: JobRow) -> None:
    st.subheader(plain(row.title), anchor=False)
    done = 0 if row.run_id is None else 1
    icons = [
        ":material/check_circle:"
        if place < done
        else ":material/radio_button_checked:"
        if place == done
        else ":material/radio_button_unchecked:"
        for place in range(len(_STEPS))
    ]
    texts = [
        f"{icon} **{title}**" if place == done else f"{icon} {title}"
        for place, (icon, title) in enumerate(zip(icons, _STEPS.values(), strict=True))
    ]
    st.markdown(" \u2002:material/chevron_right:\u2002 ".join(texts))


def import_options(sample: Sample, path: Path) -> dict[str, Any]:
    """Return how a sample is read: as its content says, with what the sample knows better."""
    guessed = kind_of(sample.kind).guess_options(OpenedUpload(path, limits()))
    return {**guessed.model_dump(mode="json"), **sample.options}
