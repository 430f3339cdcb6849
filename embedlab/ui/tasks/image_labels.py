"""Test scores of an image classifier, the confusion matrix, its mistakes, and the weights of its first layer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError
from embedlab.figures.weight_pictures import weight_pictures
from embedlab.kinds.registry import kind_or_unknown
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import page_link
from embedlab.ui.tasks.labels import draw_confusion
from embedlab.ui.tasks.page import TaskPage
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.picture_grid import picture_grid
from embedlab.ui.widgets.wording import number
from embedlab.workspace.rows import EmbeddingRow, RunRow

_MOST_MISTAKES = 60
_MOST_UNITS = 48


class ImageLabelsPage(TaskPage):
    """Accuracy of the classifier and of its vectors, confusion, mistakes and weights."""

    noun: ClassVar[str] = "Classifier"
    helps: ClassVar[Mapping[str, str]] = {
        "test_accuracy": "Share of images classified correctly",
        "test_f1": "Mean over labels (macro), so rare labels count as much as frequent ones",
        "neighbor_accuracy": "Share of test images whose 5 nearest training images, by the distance of their vectors, "
        "have the right label: how well the map separates the labels",
    }

    def draw_scores(self, scores: Mapping[str, Any]) -> bool:
        """Draw the scores on the test part, the baselines, and which labels are confused."""
        has_scores = super().draw_scores(scores)
        if has_scores:
            for note in self.task.notes(scores) if self.task is not None else ():
                st.caption(f":material/info: {note}")
            draw_confusion(scores.get("confusion"), "Images")
        return has_scores

    def draw_cases(self, run: RunRow) -> None:
        """Draw the mistakes with their pictures, and the first layer as pictures."""
        draws = {"images": _mistakes, "pixels": _weights}
        for row in resources.workspace().embeddings(run_id=run.id):
            # Without the dataset there are no pictures.
            with suppress(NotFoundError):
                draws.get(row.name, _nothing)(row)


def _nothing(row: EmbeddingRow) -> None:
    del row


def _mistakes(row: EmbeddingRow) -> None:
    embedding = resources.load_embedding(row.id)
    metadata = embedding.metadata
    if not {"mistake", "part", "class", "predicted"} <= set(metadata.columns):
        return
    places = np.flatnonzero((metadata["mistake"] == "mistake") & (metadata["part"] == "test"))
    with st.expander(
        f"Mistakes on held-out images: {number(len(places))}", icon=":material/error:", key="expander-mistakes"
    ):
        if not len(places):
            st.caption("There are none.")
            return
        shown = places[:_MOST_MISTAKES]
        pictures = _pictures(row, [embedding.keys[place] for place in shown.tolist()])
        captions = [
            f"{metadata['class'].iloc[place]} → {metadata['predicted'].iloc[place]}" for place in shown.tolist()
        ]
        if pictures is not None:
            picture_grid(list(pictures), captions)
        more = f" The first {_MOST_MISTAKES} are shown." if len(places) > _MOST_MISTAKES else ""
        st.caption(f"True label → predicted label.{more}")
        page_link(
            "map", label="Show them on the map", icon=":material/scatter_plot:", query=current.link(embedding=row.id)
        )


def _pictures(row: EmbeddingRow, keys: list[str]) -> npt.NDArray[np.uint8] | None:
    workspace = resources.workspace()
    if row.dataset_id is None:
        return None
    known = kind_or_unknown(workspace.dataset(row.dataset_id).kind)
    pictures = known.pictures(workspace.open_dataset(row.dataset_id), row.name)
    return None if pictures is None else pictures.of(keys)


def _weights(row: EmbeddingRow) -> None:
    embedding = resources.load_embedding(row.id)
    shape = _shape(embedding)
    if shape is None:
        return
    with st.expander("Weights of the first layer", icon=":material/grain:", key="expander-weights"):
        units = weight_pictures(embedding.vectors, shape, theme=run_figures.theme(), most=_MOST_UNITS)
        picture_grid(units, [f"unit {unit}" for unit in range(len(units))])
        n_units = embedding.vector_size
        first = f"The first {len(units)} of {number(n_units)} units." if len(units) < n_units else ""
        st.caption(
            f"{first} Each picture shows how much a unit of the first layer responds to each pixel: blue adds, orange "
            "subtracts. The vector of a pixel has its weights in all units."
        )


def _shape(embedding: Embedding) -> tuple[int, int, int] | None:
    """Return height, width and channels from the places of the pixels."""
    metadata = embedding.metadata
    if not {"row", "column"} <= set(metadata.columns):
        return None
    height, width = int(metadata["row"].max()) + 1, int(metadata["column"].max()) + 1
    n_channels, rest = divmod(embedding.n_keys, height * width)
    return None if rest or n_channels not in (1, 3) else (height, width, n_channels)
