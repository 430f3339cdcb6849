"""The film of a running or finished training, with a player.

The browser loads the frames from our routes and draws them itself, so a rerun of the page does not redraw the film.
Only the id of the run and the address pass through here.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from embedlab.jobs.engine.snapshots import MOST_EPOCHS_BETWEEN, MOST_SNAPSHOTS
from embedlab.jobs.films.film import MOST_FILM_BYTES
from embedlab.models.contract.base import SNAPSHOT_KEYS
from embedlab.ui.shell import resources, urls
from embedlab.ui.shell.bundle import component_script
from embedlab.ui.widgets.wording import size

_HTML = '<div class="embedlab-film" data-ready="false"></div>'

_component = st.components.v2.component(
    "embedlab_film",
    html=_HTML,
    js=component_script("film/main.js"),
    isolate_styles=False,
)


def draw(run_id: str, *, key: str) -> None:
    """Draw the film of a training; with the same `key` it continues across reruns."""
    _component(key=key, data={"base": urls.base_path(), "run": run_id})


def choose_snapshots(epochs: Any, *, key: str) -> int | None:
    """Draw the choice of the epochs that the film shows; nothing for a model that does not train in epochs."""
    if not isinstance(epochs, int) or epochs < 1:
        return None
    return st.number_input(
        "Epochs between snapshots",
        min_value=1,
        max_value=MOST_EPOCHS_BETWEEN,
        value=None,
        placeholder="Automatic",
        key=key,
        help=f"For the film of the training. At most {MOST_SNAPSHOTS} snapshots are kept, of the {SNAPSHOT_KEYS:,} "
        "most frequent keys. Automatic: one each second.",
    )


def missing_note() -> str:
    """Return why a finished run may have no film, and the size limits of films."""
    most = size(resources.workspace().settings.max_snapshots_mb * 1e6)
    return (
        "There is no film of this training. Only trainings with several epochs have one, and runs from earlier "
        f"versions have none. A film takes at most {size(MOST_FILM_BYTES)}, all films together at most {most}; the "
        "oldest are deleted first."
    )
