"""Public data sets, one click from a download; nothing is asked of anybody before the button is pressed."""

from __future__ import annotations

import streamlit as st

from embedlab.datasets.downloads import DOWNLOADS
from embedlab.ui import resources
from embedlab.ui.errors import shown_errors
from embedlab.ui.parts import importing
from embedlab.ui.parts.wording import KIND_ICONS, size
from embedlab.ui.plain import plain


def cards() -> None:
    """Draw the data sets with their terms."""
    for download, column in zip(DOWNLOADS, st.columns(len(DOWNLOADS), gap="medium"), strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{KIND_ICONS[download.kind]} {plain(download.title)}**")
            st.caption(plain(download.summary, 300))
            st.caption(plain(download.terms, 300))
            st.space("stretch")
            label = f"Download (at most {size(download.max_bytes)})"
            if st.button(label, key=f"download-{download.name}", icon=":material/cloud_download:", width="stretch"):
                with shown_errors():
                    st.query_params[importing.NAME] = resources.jobs().submit_download(download.name).id
                    st.rerun()
