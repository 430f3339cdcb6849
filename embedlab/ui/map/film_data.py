"""What travels between server and film: what it shows, names with colors once, frames as binary.

A training at work and a finished one are asked for in the same way; `state` says which it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import EmbedLabError, NotFoundError
from embedlab.core.plain import one_line
from embedlab.core.roles import role
from embedlab.jobs.films.film import MOST_FRAMES as MOST_FRAMES
from embedlab.jobs.films.film import MOST_POINTS, Film
from embedlab.jobs.films.frames import Coordinates, Indices
from embedlab.kinds.registry import kind as kind_of
from embedlab.ui.map import data as map_data
from embedlab.ui.shell import resources
from embedlab.workspace.rows import RunRow, Status

_LONGEST_NAME = 60
#: The measure of the curve: the first of these that the training records, else the first of all.
_LOSSES = ("loss", "train_rmse", "refit_loss")


def about(run_id: str) -> dict[str, Any]:
    """Return what a film shows and how far its training is.

    `state` is `live` while the training is at work, `kept` when its film is there, otherwise `none`. `epochs` has one
    entry a frame: the finished epochs.
    """
    run = resources.workspace().run(run_id)
    measure, losses = loss_curve(resources.jobs().progress(run.id).history)
    told: dict[str, Any] = {"measure": measure, "losses": losses}
    if run.status.is_active:
        live = resources.jobs().live_film(run.id)
        frames = live.frames()
        return {
            **told,
            "state": "live",
            "noun": role(live.name).plural,
            "n_points": len(live.keys) if frames else 0,
            "epochs": [frame.epoch for frame in frames],
            "followed": live.followed,
            "extent": None,
        }
    if run.status != Status.SUCCEEDED or not resources.jobs().has_film(run.id):
        return {**told, "state": "none", "noun": "", "n_points": 0, "epochs": [], "followed": [], "extent": None}
    film = _kept(run)
    return {
        **told,
        "state": "kept",
        "noun": role(resources.workspace().embedding(film.embedding_id).name).plural,
        "n_points": film.n_points,
        "epochs": film.epochs,
        "followed": film.followed,
        "extent": film.extent,
    }


def loss_curve(history: Sequence[Mapping[str, float]]) -> tuple[str, list[list[float]]]:
    """Return the measure that a film's curve shows and its `[epoch, value]` pairs; empty without any."""
    recorded = [name for entry in history for name in entry if name != "epoch"]
    measure = next((name for name in _LOSSES if name in recorded), recorded[0] if recorded else "")
    return measure, [[entry["epoch"], entry[measure]] for entry in history if measure in entry]


def names(run_id: str) -> dict[str, Any]:
    """Return the points' names, their places among the keys of the snapshots, and their colors as the map's.

    `codes` and `legend` are those of a column of the map; None where all points have one color.
    """
    run = resources.workspace().run(run_id)
    if run.status.is_active:
        return _live_names(run)
    film = _kept(run)
    embedding = resources.load_embedding(film.embedding_id)
    if int(film.rows.max()) >= embedding.n_keys:
        raise NotFoundError("The film does not fit its embedding.")
    color = role(resources.workspace().embedding(film.embedding_id).name).color_column
    colors = {}
    if color in embedding.metadata.columns:
        column = map_data.column(embedding.metadata, color)
        colors = _colors(color, column, np.asarray(column.values)[film.rows])
    labels = [embedding.labels[row] for row in film.rows.tolist()]
    return {"labels": _shown(labels), "places": film.places.tolist(), **colors}


def _live_names(run: RunRow) -> dict[str, Any]:
    live = resources.jobs().live_film(run.id)
    live.frames()
    dataset = resources.workspace().dataset(run.dataset_id)
    of_role = live.name
    named = resources.opened(
        f"key-names-{of_role}",
        dataset.id,
        lambda: kind_of(dataset.kind).key_names(resources.workspace().open_dataset(dataset.id), of_role, MOST_POINTS),
    )
    colors = {}
    if named.classes:
        color = role(of_role).color_column
        # By all keys, so that the colors are those of the map.
        column = map_data.column(pd.DataFrame({color: list(named.classes.values())}), color)
        code_of = dict(zip(named.classes, np.asarray(column.values).tolist(), strict=True))
        codes = np.array([code_of.get(key, map_data.MISSING) for key in live.keys], dtype=np.uint8)
        colors = _colors(color, column, codes)
    labels = [named.labels.get(key, key) for key in live.keys]
    return {"labels": _shown(labels), "places": list(range(len(labels))), **colors}


def _colors(name: str, column: map_data.Column, values: npt.NDArray[Any]) -> dict[str, Any]:
    # Numbers are not colored in films: all such maps begin with one color.
    if column.legend["kind"] != "categories":
        return {}
    return {"color": name, "codes": values.tolist(), "legend": dict(column.legend)}


def _shown(labels: Sequence[str]) -> list[str]:
    return [one_line(label, _LONGEST_NAME) for label in labels]


def frames_bytes(run_id: str, since: int) -> bytes:
    """Return the frames from number `since` on, one after the other.

    Each frame has float32 `x, y` of each point, then uint16 `k` neighbors of each point, where `k` is 5 or, of fewer
    points, all others; little-endian, padded to 4 bytes.
    """
    run = resources.workspace().run(run_id)
    frames: list[tuple[Coordinates, Indices]]
    if run.status.is_active:
        frames = [(frame.coordinates, frame.neighbors) for frame in resources.jobs().live_film(run.id).frames()]
    else:
        film = _kept(run)
        frames = list(zip(film.coordinates, film.neighbors, strict=True))
    return b"".join(_frame_bytes(*frame) for frame in frames[since:])


def _frame_bytes(coordinates: Coordinates, neighbors: Indices) -> bytes:
    content = map_data.points_bytes(coordinates) + np.ascontiguousarray(neighbors, dtype="<u2").tobytes()
    return content + b"\0" * (-len(content) % 4)


def _kept(run: RunRow) -> Film:
    if not resources.jobs().has_film(run.id):
        raise NotFoundError("No film of this training is kept.", received=run.name)
    return resources.opened("film", run.id, lambda: resources.jobs().film(run.id))


def has_film(run_id: str | None) -> bool:
    """Tell whether a film of the run can be shown."""
    try:
        return run_id is not None and resources.jobs().has_film(resources.workspace().run(run_id).id)
    except EmbedLabError:
        return False
