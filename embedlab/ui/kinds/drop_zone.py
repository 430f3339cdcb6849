"""The place where files are dropped, with an example of each kind of data that fits."""

from __future__ import annotations

import html

import streamlit as st

from embedlab.kinds.registry import KINDS
from embedlab.ui.kinds import staging
from embedlab.ui.kinds.registry import page_of
from embedlab.ui.shell.plain import plain

_LABEL = "Your own data: text, ratings or vectors, with the files that belong to them"
_HELP = (
    "Plain, .gz, .bz2, .xz or .zip, up to 1 GB each. The kind is detected from the content. Several text files "
    "together become one dataset; titles, tags, labels and names are recognized."
)


def draw() -> None:
    """Draw the drop zone and the examples."""
    with st.container(key="drop-zone", gap="small"):
        staging.drop("upload", _LABEL, _HELP, several=True)
    examples()


def files() -> dict[str, str]:
    """Return the URL parameters of files that were dropped, for the page that previews them; empty without any."""
    if "upload" not in st.query_params:
        return {}
    names = ("upload", *staging.companion_names(), staging.UNUSED)
    return {name: st.query_params[name] for name in names if name in st.query_params}


def examples() -> None:
    """Draw a small sample of the data of each kind that has one."""
    shown = [known for known in KINDS.values() if known.example]
    for known, column in zip(shown, st.columns(len(shown), gap="medium"), strict=True):
        with column.container(gap="xxsmall", key=f"example-{known.name}"):
            st.markdown(f"{page_of(known.name).icon} **{plain(known.title)}**")
            # Lines of code are not wrapped or highlighted; they are the kind's own text, not a user's.
            st.html(f"<pre class='example'>{html.escape(known.example)}</pre>")
