"""The film of a training in a page: while it is at work, and afterwards with a player.

The browser asks our own routes for frames and draws them itself, so nothing of it is drawn again when the page is. Here
go only the run's id and the addresses.
"""

from __future__ import annotations

import streamlit as st

from embedlab.jobs.films.film import MOST_FILM_BYTES
from embedlab.ui.shell import resources, urls
from embedlab.ui.widgets.wording import size

_LOADER = """
const film = await import(new URL("{url}", window.location.origin).href);
export default film.default;
"""
_HTML = '<div class="embedlab-film" data-ready="false"></div>'

_component = st.components.v2.component(
    "embedlab_film",
    html=_HTML,
    js=_LOADER.format(url=urls.static_url("film/main.js")),
    isolate_styles=False,
)


def draw(run_id: str, *, key: str) -> None:
    """Show the film of a training; with the same `key` it goes on through every rerun."""
    _component(key=key, data={"base": urls.base_path(), "run": run_id})


def missing_note() -> str:
    """Return why a finished run may have no film, and what bounds the films."""
    most = size(resources.workspace().settings.max_snapshots_mb * 1e6)
    return (
        "There is no film of this training. Films are recorded while a model trains for several epochs, and runs of "
        f"earlier versions have none. A film takes at most {size(MOST_FILM_BYTES)}; together they take at most {most}, "
        "and the oldest are deleted first."
    )
