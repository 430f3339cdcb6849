"""Data of films for the browser: a summary, names with colors, frames as binary.

Running and finished trainings have the same format; `state` says which it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError, NotFoundError
from embedlab.core.plain import one_line
from embedlab.core.roles import first_color, role
from embedlab.evaluation.scores import score_title
from embedlab.jobs.films.film import MOST_FRAMES as MOST_FRAMES
from embedlab.jobs.films.film import MOST_POINTS, Film
from embedlab.jobs.films.frames import Coordinates, Indices
from embedlab.kinds.registry import kind as kind_of
from embedlab.ui.map import data as map_data
from embedlab.ui.map.color_columns import CLUSTERS, ColorColumn, cluster_column, color_column
from embedlab.ui.shell import resources
from embedlab.workspace.rows import EmbeddingRow, RunRow, Status

_LONGEST_NAME = 60
_MOST_CURVES = 6
#: Metric of the curve: the first of these that the training records, otherwise its first metric.
_LOSSES = ("loss", "train_rmse", "refit_loss")


def about(run_id: str) -> dict[str, Any]:
    """Return a summary of the film of a run.

    `state` is `live` during the training, `finished` if there is a film of it, otherwise `none`. `epochs` has one entry
    per frame: the number of finished epochs.
    """
    run = resources.workspace().run(run_id)
    history = resources.jobs().progress(run.id).history
    measure, losses = loss_curve(history)
    curve: dict[str, Any] = {
        "measure": score_title(measure) if measure else "",
        "losses": losses,
        "curves": curves(history),
        "k": 0,
    }
    if run.status.is_active:
        live = resources.jobs().live_film(run.id)
        frames = live.frames()
        return {
            **curve,
            "state": "live",
            "noun": role(live.name).plural,
            "n_points": len(live.keys) if frames else 0,
            "k": frames[-1].neighbors.shape[1] if frames else 0,
            "epochs": [frame.epoch for frame in frames],
            "followed": live.followed_points,
            "extent": None,
        }
    if run.status != Status.SUCCEEDED or not resources.jobs().has_film(run.id):
        return {**curve, "state": "none", "noun": "", "n_points": 0, "epochs": [], "followed": [], "extent": None}
    film = _load_film(run)
    return {
        **curve,
        "state": "finished",
        "noun": role(resources.workspace().embedding(film.embedding_id).name).plural,
        "n_points": film.n_points,
        "k": film.neighbors.shape[2],
        "epochs": film.epochs,
        "followed": film.followed_points,
        "extent": film.extent,
    }


def loss_curve(history: Sequence[Mapping[str, float]]) -> tuple[str, list[list[float]]]:
    """Return the metric of a film's curve and its `[epoch, value]` pairs; empty if there is no history."""
    recorded = [name for entry in history for name in entry if name != "epoch"]
    measure = next((name for name in _LOSSES if name in recorded), recorded[0] if recorded else "")
    return measure, [[entry["epoch"], entry[measure]] for entry in history if measure in entry]


def curves(history: Sequence[Mapping[str, float]]) -> list[dict[str, Any]]:
    """Return every metric that the training recorded, in the order of its first entries, as `[epoch, value]` pairs."""
    recorded = dict.fromkeys(name for entry in history for name in entry if name != "epoch")
    return [
        {"name": score_title(name), "values": [[entry["epoch"], entry[name]] for entry in history if name in entry]}
        for name in list(recorded)[:_MOST_CURVES]
    ]


def names(run_id: str) -> dict[str, Any]:
    """Return the names of the points, their indices in the keys of the snapshots, and their initial colors on the map.

    `codes` (of categories, or numbers with None for none) and `legend` are those of a column of the map; absent if all
    points have one color.
    """
    run = resources.workspace().run(run_id)
    if run.status.is_active:
        return _live_names(run)
    film = _load_film(run)
    embedding = resources.load_embedding(film.embedding_id)
    if int(film.rows.max()) >= embedding.n_keys:
        raise NotFoundError("The film does not fit its embedding.")
    initial = _initial_color(resources.workspace().embedding(film.embedding_id), embedding)
    colors = {} if initial is None else _colors(*initial, initial[1].values[film.rows])
    labels = [embedding.labels[row] for row in film.rows.tolist()]
    return {"labels": _short(labels), "places": film.places.tolist(), "rows": film.rows.tolist(), **colors}


def _live_names(run: RunRow) -> dict[str, Any]:
    live = resources.jobs().live_film(run.id)
    live.frames()
    dataset = resources.workspace().dataset(run.dataset_id)
    role_name = live.name
    key_names = resources.open_cached(
        f"key-names-{role_name}",
        dataset.id,
        lambda: kind_of(dataset.kind).key_names(resources.workspace().open_dataset(dataset.id), role_name, MOST_POINTS),
    )
    colors = {}
    if key_names.classes:
        color = role(role_name).color_columns[0]
        # Count all keys, so that the colors are those of the map.
        column = color_column(pd.DataFrame({color: list(key_names.classes.values())}), color)
        code_of = dict(zip(key_names.classes, column.values.tolist(), strict=True))
        missing = column.legend["missing_code"]
        colors = _colors(color, column, np.array([code_of.get(key, missing) for key in live.keys]))
    labels = [key_names.labels.get(key, key) for key in live.keys]
    return {"labels": _short(labels), "places": list(range(len(labels))), **colors}


def _initial_color(row: EmbeddingRow, embedding: Embedding) -> tuple[str, ColorColumn] | None:
    """Return name and values of the column that initially colors the map of an embedding; None without one."""
    name = first_color(row.name, embedding.metadata)
    if name in map_data.colorable(embedding.metadata):
        return name, color_column(embedding.metadata, name)
    clusters = resources.load_clusters(row.id)
    return None if clusters is None else (CLUSTERS, cluster_column(clusters))


def _colors(name: str, column: ColorColumn, values: npt.NDArray[Any]) -> dict[str, Any]:
    # JSON has no NaN.
    codes = [None if value != value else value for value in values.tolist()]
    return {"color": name, "codes": codes, "legend": dict(column.legend)}


def _short(labels: Sequence[str]) -> list[str]:
    return [one_line(label, _LONGEST_NAME) for label in labels]


def frames_bytes(run_id: str, since: int) -> bytes:
    """Return the frames from number `since` on, concatenated.

    Each frame has float32 `x, y` for each point, then `k` uint16 neighbors for each point (see `about`); little-endian,
    padded to 4 bytes.
    """
    run = resources.workspace().run(run_id)
    frames: list[tuple[Coordinates, Indices]]
    if run.status.is_active:
        frames = [(frame.coordinates, frame.neighbors) for frame in resources.jobs().live_film(run.id).frames()]
    else:
        film = _load_film(run)
        frames = list(zip(film.coordinates, film.neighbors, strict=True))
    return b"".join(_frame_bytes(*frame) for frame in frames[since:])


def _frame_bytes(coordinates: Coordinates, neighbors: Indices) -> bytes:
    content = map_data.points_bytes(coordinates) + np.ascontiguousarray(neighbors, dtype="<u2").tobytes()
    return content + b"\0" * (-len(content) % 4)


def film_of(run_id: str | None) -> Film | None:
    """Return the film of a finished run; None if there is none."""
    if run_id is None or not has_film(run_id):
        return None
    try:
        return _load_film(resources.workspace().run(run_id))
    except EmbedLabError:
        # Damaged, or just deleted to stay within the limit.
        return None


def map_of_film(film: Film) -> str | None:
    """Return the id of the map whose points are the last frame of a film; None if that map was deleted."""
    workspace = resources.workspace()
    for row in workspace.projections(film.embedding_id):
        if row.n_components != 2:
            continue
        coordinates = workspace.coordinates(row.id)
        if int(film.rows.max()) < len(coordinates) and np.array_equal(coordinates[film.rows], film.coordinates[-1]):
            return row.id
    return None


def _load_film(run: RunRow) -> Film:
    if not resources.jobs().has_film(run.id):
        raise NotFoundError("There is no film of this training.", received=run.name)
    return resources.open_cached("film", run.id, lambda: resources.jobs().film(run.id))


def has_film(run_id: str | None) -> bool:
    """Return whether there is a film of the run."""
    try:
        return run_id is not None and resources.jobs().has_film(resources.workspace().run(run_id).id)
    except EmbedLabError:
        return False
