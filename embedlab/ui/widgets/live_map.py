"""Live map: the newest snapshot of a training as a small map, aligned with the previous one."""

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
class LiveMap:
    """A snapshot projected to the plane: `coordinates (n, 2)` float32."""

    epoch: int
    keys: list[str]
    coordinates: npt.NDArray[np.float32]


def draw(job_id: str) -> None:
    """Draw the newest snapshot of a job."""
    snapshot = resources.jobs().newest_snapshot(job_id)
    if snapshot is None:
        st.caption("The first map appears soon after training starts.")
        return
    slot = f"live-map:{job_id}"
    live_map: LiveMap | None = st.session_state.get(slot)
    if live_map is None or live_map.epoch != snapshot.epoch:
        keys, vectors = _most_frequent(snapshot.vectors)
        live_map = LiveMap(snapshot.epoch, keys, _project(vectors, live_map, keys))
        st.session_state[slot] = live_map
    run_figures.live_map(live_map.coordinates, labels(job_id, live_map.keys), key=f"live-map-{job_id}")
    st.caption(f"Epoch {live_map.epoch}, the {len(live_map.keys)} most frequent (PCA)")


def _most_frequent(vectors: Mapping[str, tuple[list[str], npt.NDArray[np.float32]]]) -> tuple[list[str], Any]:
    keys, array = vectors[str(live_embedding(vectors))]
    return keys[:_MOST_POINTS], array[:_MOST_POINTS]


def _project(vectors: npt.NDArray[np.float32], previous: LiveMap | None, keys: list[str]) -> npt.NDArray[np.float32]:
    """Project by PCA and align with the previous map (orthogonal Procrustes), so that the picture does not flip."""
    if min(vectors.shape) < 2:
        return np.column_stack([vectors[:, :1], np.zeros(len(vectors), dtype=np.float32)])
    coordinates, _ = pca(vectors, 2)
    if previous is None or previous.keys != keys:
        return coordinates
    left, _, right = np.linalg.svd(coordinates.T @ previous.coordinates)
    aligned: npt.NDArray[np.float32] = (coordinates @ (left @ right)).astype(np.float32)
    return aligned


def labels(job_id: str, keys: list[str]) -> list[str]:
    """Return display names of the keys; items have titles."""
    row = resources.workspace().run(job_id)
    titles = item_labels(row.dataset_id)
    return [one_line(titles.get(key, key), 40) for key in keys]


def item_labels(dataset_id: str) -> dict[str, str]:
    """Return the labels of a dataset's items by key; empty for text. Shared: callers must not modify it."""
    return resources.open_cached("item-labels", dataset_id, lambda: _item_labels(dataset_id))


def _item_labels(dataset_id: str) -> dict[str, str]:
    dataset = resources.workspace().open_dataset(dataset_id)
    items = getattr(dataset, "items", None)
    if items is None or "label" not in items:
        return {}
    return dict(zip(items["key"].astype(str), items["label"].astype(str), strict=True))
