"""Downloads of public datasets and of files at a URL; nothing is contacted before a button is pressed."""

from __future__ import annotations

import streamlit as st

from embedlab.samples.downloads import DOWNLOADS
from embedlab.ui.data import import_job
from embedlab.ui.kinds.registry import page_of
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import size


def cards() -> None:
    """Draw the public datasets with their terms of use."""
    for download, column in zip(DOWNLOADS, st.columns(len(DOWNLOADS), gap="medium"), strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{page_of(download.kind).icon} {plain(download.title)}**")
            st.caption(plain(download.summary, 300))
            st.caption(plain(download.terms, 300))
            st.space("stretch")
            label = f"Download (at most {size(download.max_bytes)})"
            if st.button(label, key=f"download-{download.name}", icon=":material/cloud_download:", width="stretch"):
                with shown_errors():
                    st.query_params[import_job.NAME] = resources.jobs().submit_download(download.name).id
                    st.rerun()


def address() -> None:
    """Draw the URL field; the file is downloaded and then previewed like an upload."""
    with st.form("fetch-address", border=False):
        url = st.text_input(
            "URL of a file",
            key=import_job.FETCH_URL,
            placeholder="https://example.org/vectors.txt.gz",
            max_chars=2000,
            icon=":material/link:",
        )
        submitted = st.form_submit_button("Download file", icon=":material/cloud_download:", type="primary")
    most = size(resources.workspace().settings.max_download_mb * 1e6)
    st.caption(
        f"Pre-trained vectors (word2vec, fastText .vec, GloVe), a text or a table, plain or compressed, up to {most}. "
        "It is read as data only. You see a preview before anything is saved. Vectors can be limited to the vocabulary "
        "of your own text."
    )
    if submitted and url.strip():
        with shown_errors():
            st.query_params[import_job.NAME] = resources.jobs().submit_fetch(url).id
            st.rerun()
