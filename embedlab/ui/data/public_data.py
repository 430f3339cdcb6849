"""What can be fetched: public data sets, and a file at an address; nobody is asked before a button is pressed."""

from __future__ import annotations

import streamlit as st

from embedlab.samples.downloads import DOWNLOADS
from embedlab.ui.data import importing
from embedlab.ui.kinds.registry import page_of
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import size


def cards() -> None:
    """Draw the data sets with their terms."""
    for download, column in zip(DOWNLOADS, st.columns(len(DOWNLOADS), gap="medium"), strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{page_of(download.kind).icon} {plain(download.title)}**")
            st.caption(plain(download.summary, 300))
            st.caption(plain(download.terms, 300))
            st.space("stretch")
            label = f"Download (at most {size(download.max_bytes)})"
            if st.button(label, key=f"download-{download.name}", icon=":material/cloud_download:", width="stretch"):
                with shown_errors():
                    st.query_params[importing.NAME] = resources.jobs().submit_download(download.name).id
                    st.rerun()


def address() -> None:
    """Draw the field for the address of a file, which is fetched and then looked at like a dropped one."""
    with st.form("fetch-address", border=False):
        url = st.text_input(
            "Address of a file",
            key=importing.FETCH_URL,
            placeholder="https://example.org/vectors.txt.gz",
            max_chars=2000,
            icon=":material/link:",
        )
        fetched = st.form_submit_button("Fetch it", icon=":material/cloud_download:", type="primary")
    most = size(resources.workspace().settings.max_download_mb * 1e6)
    st.caption(
        f"Pre-trained vectors (word2vec, fastText .vec, GloVe), a text or a table, plain or packed, at most {most}. "
        "It is read as data only. You see what is in it before anything is kept; of vectors you can keep those of the "
        "words of your own text."
    )
    if fetched and url.strip():
        with shown_errors():
            st.query_params[importing.NAME] = resources.jobs().submit_fetch(url).id
            st.rerun()
