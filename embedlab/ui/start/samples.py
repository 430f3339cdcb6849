"""From a sample to its map with one click."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import streamlit as st

from embedlab.kinds.registry import kind as kind_of
from embedlab.reading.opened import OpenedUpload
from embedlab.samples.base import Sample
from embedlab.samples.shipped import SAMPLES, write_sample
from embedlab.ui.kinds.reading_form import limits
from embedlab.ui.kinds.registry import page_of
from embedlab.ui.shell import resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import first_map
from embedlab.workspace.rows import JobRow

#: More would be too narrow to read.
_CARDS_IN_A_ROW = 4


def cards() -> None:
    """Draw the sample cards."""
    n_lines = -(-len(SAMPLES) // _CARDS_IN_A_ROW)
    cells = [column for _ in range(n_lines) for column in st.columns(_CARDS_IN_A_ROW, gap="medium")]
    for sample, column in zip(SAMPLES, cells, strict=False):
        with column.container(border=True, height="stretch", gap="xsmall"):
            st.markdown(f"**{page_of(sample.kind).icon} {plain(sample.title)}**")
            st.caption(plain(sample.summary, 300))
            # The flexible space is above the button, so that the buttons line up.
            st.space("stretch")
            if st.button("Train and open map", key=f"sample-{sample.name}", type="primary", width="stretch"):
                with st.spinner("Preparing the sample …"):
                    first_map.watch(start(sample).id)
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


def import_options(sample: Sample, path: Path) -> dict[str, Any]:
    """Return how a sample is read: as its content says, with what the sample knows better."""
    guessed = kind_of(sample.kind).guess_options(OpenedUpload(path, limits()))
    return {**guessed.model_dump(mode="json"), **sample.options}
