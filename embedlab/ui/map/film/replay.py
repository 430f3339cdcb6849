"""Replaying a training on its map: the switch, and the panel with what moved and which neighbors came and went."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.core.plain import one_line
from embedlab.core.roles import role
from embedlab.jobs.films.film import Film
from embedlab.jobs.films.movement import Moment, moments, most_moved
from embedlab.ui.map.film import data as film_data
from embedlab.ui.shell import current
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.bar_list import bar_list
from embedlab.workspace.bookmarks.bookmark import MOST_MOMENTS
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow

#: Title of the tab in the details.
TAB = "Training"
#: Parameter of the address: a replay, and the number of the snapshot that it shows.
MOMENT = "moment"
_SWITCH = "map:replay"


def switch(row: EmbeddingRow, projection: ProjectionRow) -> None:
    """Draw the switch that starts and ends the replay, if there is a film whose map still exists."""
    film = film_data.film_of(row.run_id)
    map_id = None if film is None or film.embedding_id != row.id else film_data.map_of_film(film)
    if map_id is None:
        return
    # Another map ends the replay, since the film belongs to its own.
    st.session_state[_SWITCH] = bool(st.session_state.get(_SWITCH)) and projection.id == map_id
    if not st.session_state[_SWITCH]:
        st.query_params.pop(MOMENT, None)
    st.toggle(
        "Replay training",
        key=_SWITCH,
        help="How the points moved during the training. Opens the map that the film ends with.",
        on_change=lambda: _switched(film, map_id),
    )


def _switched(film: Film | None, map_id: str) -> None:
    if st.session_state[_SWITCH] and film is not None:
        current.put("projection", map_id)
        put_moment(len(film.epochs) - 1)
    else:
        st.query_params.pop(MOMENT, None)


def put(frame: int | None) -> None:
    """Show a moment of the replay, or end it (None), before the switch is drawn; without a film it stays off."""
    st.session_state[_SWITCH] = frame is not None
    if frame is None:
        st.query_params.pop(MOMENT, None)
    else:
        put_moment(frame)


def go_to(film: Film | None, frame: int) -> None:
    """Remember the moment that the user went to, unless the replay (None) has ended since."""
    if film is not None:
        put_moment(frame)


def put_moment(frame: int) -> None:
    """Write the moment that the replay shows into the address."""
    st.query_params[MOMENT] = str(frame)


def moment() -> int | None:
    """Return the moment in the address; None if there is none or it is not valid."""
    text = st.query_params.get(MOMENT, "")
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_MOMENTS))
    return int(text) if is_number and int(text) <= MOST_MOMENTS else None


def follow_address(row: EmbeddingRow) -> None:
    """Start the replay if the address has a moment of it. Call it before the map is drawn."""
    if MOMENT not in st.query_params:
        return
    film = film_data.film_of(row.run_id)
    if moment() is None or film is None or film.embedding_id != row.id:
        del st.query_params[MOMENT]
    else:
        st.session_state[_SWITCH] = True


def film_on(row: EmbeddingRow, projection: ProjectionRow) -> Film | None:
    """Return the film that is replayed on this map; None if none is."""
    if not st.session_state.get(_SWITCH):
        return None
    film = film_data.film_of(row.run_id)
    if film is None or film.embedding_id != row.id or film_data.map_of_film(film) != projection.id:
        return None
    return film


def panel(row: EmbeddingRow, embedding: Embedding, film: Film, picked: int | None) -> None:
    """Draw the neighbors of the picked key over time, and the keys that moved most."""
    points = {film_row: point for point, film_row in enumerate(film.rows.tolist())}
    filmed = _filmed(row, embedding, film)
    if picked is None:
        st.markdown("## Pick a point")
        st.caption("Its trail and its neighbors over time are shown. Shift-click adds trails of more points.")
    elif picked not in points:
        st.markdown(f"## {plain(embedding.labels[picked])}")
        st.caption(f"Only {filmed} have snapshots.")
    else:
        _over_time(embedding, film, points[picked], filmed)
    st.markdown("## Moved most")
    moved = most_moved(film)
    rows = [int(film.rows[each.point]) for each in moved]
    bar_list(
        [(one_line(embedding.labels[at], 40), each.distance) for at, each in zip(rows, moved, strict=True)],
        list_id=f"moved:{row.id}",
        on_choose=lambda at: current.put("key", embedding.keys[rows[at]]),
        key="map:moved",
    )
    st.caption(
        "Distance between the first snapshot and the finished map, as a share of the map's diagonal; the snapshots are "
        f"aligned first. Of {filmed}."
    )


def _filmed(row: EmbeddingRow, embedding: Embedding, film: Film) -> str:
    """Return which keys the film shows, for a sentence."""
    known = role(row.name)
    if film.n_points == embedding.n_keys:
        return f"all {film.n_points:,} {known.plural}"
    if COUNT_COLUMN in embedding.metadata:
        return f"the {film.n_points:,} {known.plural} with the most {known.counted}"
    return f"{film.n_points:,} of the {known.plural}"


def _over_time(embedding: Embedding, film: Film, point: int, filmed: str) -> None:
    def labels(points: Sequence[int]) -> str:
        return ", ".join(one_line(embedding.labels[film.rows[each]], 30) for each in points)

    st.markdown(f"## {plain(embedding.labels[film.rows[point]])}")
    st.markdown("**Neighbors over time**")
    found = moments(film, point)
    st.dataframe(
        pd.DataFrame(
            {
                "Epoch": [_epoch(film, at, each) for at, each in enumerate(found)],
                "New": [labels(each.came) for each in found],
                "Dropped": [labels(each.went) for each in found],
                "Neighbors": [labels(each.neighbors) for each in found],
            }
        ),
        hide_index=True,
        height=300,
        # Room for two or three lines, so that the names are not cut off.
        row_height=58,
        key="map:over-time",
        placeholder="",
        column_config={
            "Epoch": st.column_config.TextColumn(width=45),
            "New": st.column_config.TextColumn(width=90),
            "Dropped": st.column_config.TextColumn(width=90),
        },
        alt=f"Neighbors of {one_line(embedding.labels[film.rows[point]], 60)} over time",
    )
    st.caption(f"By cosine similarity of the vectors at that moment, among {filmed}.")


def _epoch(film: Film, at: int, moment: Moment) -> str:
    return "end" if at == len(film.epochs) - 1 else str(moment.epoch)
