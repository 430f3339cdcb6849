"""Live map: the newest snapshot of a training as a small map, turned so that it follows the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.core.roles import live_embedding
from embedlab.projections.pca import pca
from embedlab.ui.shell import resources
from embedlab.ui.widgets import figures as run_figures

_MOST_POINTS = 400


@dataclass(frozen=True)
class Moment:
    """One snapshot as a picture: `coordinates (n, 2)` float32."""

    epoch: int
    keys: list[str]
    coordinates: npt.NDArray[np.float32]


def draw(job_id: str) -> None:
    """Draw the newest snapshot of a job."""
    snapshot = resources.jobs().newest_snapshot(job_id)
    if snapshot is None:
        st.caption("The first picture appears soon after the training starts.")
        return
    slot = f"forming:{job_id}"
    moment: Moment | None = st.session_state.get(slot)
    if moment is None or moment.epoch != snapshot.epoch:
        keys, vectors = _chosen(snapshot.vectors)
        moment = Moment(snapshot.epoch, keys, _followed(vectors, moment, keys))
        st.session_state[slot] = moment
    run_figures.live_map(moment.coordinates, labels(job_id, moment.keys), key=f"forming-{job_id}")
    st.caption(f"After epoch {moment.epoch}: the {len(moment.keys)} most frequent, by PCA of this moment's vectors.")


def _chosen(vectors: Mapping[str, tuple[list[str], npt.NDArray[np.float32]]]) -> tuple[list[str], Any]:
    keys, array = vectors[str(live_embedding(vectors))]
    return keys[:_MOST_POINTS], array[:_MOST_POINTS]


def _followed(vectors: npt.NDArray[np.float32], before: Moment | None, keys: list[str]) -> npt.NDArray[np.float32]:
    """Project by PCA and turn the picture (orthogonal Procrustes) onto the one before, so that it does not flip."""
    if min(vectors.shape) < 2:
        return np.column_stack([vectors[:, :1], np.zeros(len(vectors), dtype=np.float32)])
    coordinates, _ = pca(vectors, 2)
    if before is None or before.keys != keys:
        return coordinates
    left, _, right = np.linalg.svd(coordinates.T @ before.coordinates)
    turned: npt.NDArray[np.float32] = (coordinates @ (left @ right)).astype(np.float32)
    return turned


def labels(job_id: str, keys: list[str]) -> list[str]:
    """Return what people call the keys: items by their titles."""
    row = resources.workspace().run(job_id)
    titles = item_labels(row.dataset_id)
    return [one_line(titles.get(key, key), 40) for key in keys]


def item_labels(dataset_id: str) -> dict[str, str]:
    """Return the labels of a dataset's items by key; empty for text. Shared: read it, never change it."""
    return resources.opened("item-labels", dataset_id, lambda: _item_labels(dataset_id))


def _item_labels(dataset_id: str) -> dict[str, str]:
    dataset = resources.workspace().open_dataset(dataset_id)
    items = getattr(dataset, "items", None)
    if items is None or "label" not in items:
        return {}
    return dict(zip(items["key"].astype(str), items["label"].astype(str), strict=True))
