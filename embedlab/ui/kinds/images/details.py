"""Details of imported images: labels with their numbers, and the first images of each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.kinds.images.dataset import ImagesDataset
from embedlab.ui.shell import resources
from embedlab.ui.widgets.picture_grid import picture_grid
from embedlab.ui.widgets.wording import number, size
from embedlab.workspace.rows import DatasetRow

_MOST_CLASSES = 12
_OF_CLASS = 12
_BYTES_PER_NUMBER = 4


def draw(row: DatasetRow) -> None:
    """Draw the figures of a dataset of images."""
    dataset = open_images(row.id)
    shape = dataset.shape
    draw_sizes(shape.height * shape.width * shape.n_channels, dataset.n_images)
    left, right = st.columns([2, 3], gap="large")
    counts = np.bincount(dataset.codes[dataset.codes >= 0], minlength=len(dataset.classes))
    with left:
        st.markdown("## Labels")
        table = {"Label": [one_line(name, 60) for name in dataset.classes], "Images": counts}
        st.dataframe(pd.DataFrame(table), hide_index=True, height=min(400, 38 + 35 * max(1, len(counts))))
        n_missing = int((dataset.codes < 0).sum())
        if n_missing:
            st.caption(f"{number(n_missing)} images have no label: they are on the map, but not in training or scores.")
    with right:
        st.markdown("## First images of each label" if dataset.classes else "## First images")
        if not dataset.classes:
            picture_grid(list(dataset.pixels[:_OF_CLASS]), dataset.names()[:_OF_CLASS])
        for code, name in enumerate(dataset.classes[:_MOST_CLASSES]):
            rows = np.flatnonzero(dataset.codes == code)[:_OF_CLASS]
            picture_grid(list(dataset.pixels[rows]), [name] * len(rows), height_px=36)
        if len(dataset.classes) > _MOST_CLASSES:
            st.caption(f"The first {_MOST_CLASSES} of {number(len(dataset.classes))} labels are shown.")


def open_images(dataset_id: str) -> ImagesDataset:
    """Return a dataset of images, shared by all sessions."""
    folder = resources.workspace().dataset_folder(dataset_id)
    return resources.open_cached("images", dataset_id, lambda: ImagesDataset.open(folder))


def draw_sizes(n_values: int, n_images: int | None = None) -> None:
    """Draw how many numbers an image has, as pixels and as a vector."""
    whole, vectors = "", ""
    if n_images is not None:
        whole = f", {size(n_values * n_images * _BYTES_PER_NUMBER)} for all as float32"
        vectors = f", {size(2 * n_images * _BYTES_PER_NUMBER)} for all"
    st.markdown(
        f"**As pixels:** {number(n_values)} numbers per image{whole}.  \n"
        f"**As an embedding** with 2 dimensions: 2 numbers per image{vectors}, "
        f"{number(round(n_values / 2))} times fewer. Nearby images look alike to the model."
    )
