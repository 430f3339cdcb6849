"""The place where files are dropped, with an example of each kind of data that fits."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from embedlab.kinds.registry import KINDS, AnyKind
from embedlab.ui.kinds import staging
from embedlab.ui.kinds.registry import page_of
from embedlab.ui.shell.plain import plain

_LABEL = "Your own data, with the files that belong to it"
_HELP = (
    "Plain, .gz, .bz2, .xz or .zip, up to 1 GB each. The kind is detected from the content: {kinds}. Several text "
    "files together become one dataset; titles, tags, labels and names are recognized."
)
#: Examples in a row; those of further kinds are folded.
_IN_A_ROW = 4


def draw() -> None:
    """Draw the drop zone and the examples."""
    with st.container(key="drop-zone", gap="small"):
        kinds = ", ".join(known.title.lower() for known in KINDS.values())
        staging.drop("upload", _LABEL, _HELP.format(kinds=kinds), several=True)
    examples()


def files() -> dict[str, str]:
    """Return the URL parameters of files that were dropped, for the page that previews them; empty without any."""
    if "upload" not in st.query_params:
        return {}
    names = ("upload", *staging.companion_names(), staging.UNUSED)
    return {name: st.query_params[name] for name in names if name in st.query_params}


def examples() -> None:
    """Draw a small sample of the data of each kind that has one; the first few are always visible."""
    shown = [known for known in KINDS.values() if known.example]
    _example_row(shown[:_IN_A_ROW])
    more = shown[_IN_A_ROW:]
    if more:
        titles = ", ".join(known.title.lower() for known in more)
        with st.expander(f"Also {plain(titles)}", icon=":material/category:", key="expander-kinds"):
            for start in range(0, len(more), _IN_A_ROW):
                _example_row(more[start : start + _IN_A_ROW])


def _example_row(kinds: Sequence[AnyKind]) -> None:
    # A row that is not full has columns of the same width as the others.
    for known, column in zip(kinds, st.columns(_IN_A_ROW, gap="medium"), strict=False):
        with column.container(gap="xxsmall", key=f"example-{known.name}"):
            st.markdown(f"{page_of(known.name).icon} **{plain(known.title)}**")
            # Lines of code are not wrapped or highlighted; they are the kind's own text, not a user's.
            st.html(f"<pre class='example'>{html.escape(known.example)}</pre>")
