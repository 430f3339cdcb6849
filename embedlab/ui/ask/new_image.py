"""Classification of a new image: drawn or uploaded; its label, its place on the map, and its nearest images."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import one_line
from embedlab.exploration.new_things.classify_image import ClassifiedImage, classify_image
from embedlab.figures.new_point import new_point_on_map
from embedlab.jobs.inference import has_ability, open_with_dataset
from embedlab.kinds.images.dataset import ImagesDataset
from embedlab.kinds.images.new_image import new_image
from embedlab.models.contract.abilities import ClassifiesImages
from embedlab.projections.placing import pca_axes, place
from embedlab.reading.pictures import MOST_BYTES, Pixels
from embedlab.ui.ask.classify import percent
from embedlab.ui.map import pictures
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.plain import plain
from embedlab.ui.shell.runs import run_of
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.drawing_pad import drawing_pad
from embedlab.ui.widgets.map_link import show_on_map_link
from embedlab.ui.widgets.picture_grid import picture_grid
from embedlab.workspace.rows import EmbeddingRow

_MOST_LABELS = 10
_NEAREST = 12
_LARGEST_MB = MOST_BYTES // 1024**2


def _image_predictor(run_id: str) -> tuple[ClassifiesImages, ImagesDataset]:
    workspace = resources.workspace()
    return resources.open_cached(
        "image-predictor",
        run_id,
        lambda: open_with_dataset(workspace, run_id, ClassifiesImages, ImagesDataset),
        spinner="Opening the run …",
    )


def can_classify_images(row: EmbeddingRow) -> bool:
    """Return whether the run of an embedding can classify new images."""
    run = run_of(row)
    return run is not None and has_ability(run, ClassifiesImages)


@st.fragment
def ask_image(row: EmbeddingRow, embedding: Embedding) -> None:
    """Draw the pad, the uploader, and the answer."""
    del embedding
    question, answer = st.columns([2, 3], gap="large")
    with question:
        st.markdown("**Draw an image**")
        drawn = drawing_pad("Drawing area", key="drawing-pad")
        uploaded = st.file_uploader(
            "Or upload one",
            type=["png", "jpg", "jpeg", "gif", "bmp"],
            key="new-image",
            max_upload_size=_LARGEST_MB,
        )
        content = uploaded.getvalue() if uploaded is not None else drawn
        if content is None:
            st.caption("The trained model classifies the image and places it on its map; nothing is trained again.")
            return
        try:
            predictor, dataset = _image_predictor(str(row.run_id))
            image = new_image(content, dataset)
            images = resources.workspace().resolve_embedding(f"{row.run_id}/{ClassifiesImages.role}")
            embedding = resources.load_embedding(images.id)
            result = classify_image(predictor, image.pixels, embedding, _NEAREST)
        except EmbedLabError as error:
            show(error)
            return
        st.markdown("**As the model sees it**")
        picture_grid([image.pixels], [""], height_px=84)
        for change in image.changes:
            st.caption(change)
    with answer:
        _answer(result)
        _nearest(images, result)
        _place(images, embedding, result)


def _answer(result: ClassifiedImage) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f"## :material/label: {plain(result.label, 60)}")
        st.markdown(f"Probability **{percent(result.probability)}**, according to the model.")
        shown = result.probabilities[:_MOST_LABELS]
        st.dataframe(
            pd.DataFrame(
                {
                    "Label": [one_line(label, 60) for label, _ in shown],
                    "Probability": [probability for _, probability in shown],
                }
            ),
            hide_index=True,
            placeholder="",
            height=min(220, 38 + 35 * len(shown)),
            column_config={"Probability": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)},
        )


def _nearest(row: EmbeddingRow, result: ClassifiedImage) -> None:
    known = pictures.pictures_of(row)
    if known is None or not result.nearest:
        return
    st.markdown("**Nearest images by cosine similarity**")
    keys = [answer.key for answer in result.nearest]
    found: list[Pixels] = list(known.of(keys))
    picture_grid(found, [answer.label for answer in result.nearest])
    show_on_map_link(row, keys[0], "Show the nearest image on the map")


def _place(row: EmbeddingRow, embedding: Embedding, result: ClassifiedImage) -> None:
    """Draw where the image is on the newest plane map of the embedding."""
    workspace = resources.workspace()
    plane = [each for each in workspace.projections(row.id) if each.n_components == 2 and each.n_isolated is None]
    if not plane or not np.any(result.vector):
        return
    projection = plane[0]
    try:
        coordinates = workspace.coordinates(projection.id)
        axes = pca_axes(embedding.vectors, coordinates) if projection.method == "pca" else None
        at = place(embedding, coordinates, result.vector, axes)
    except EmbedLabError as error:
        st.caption(plain(error.what, 200))
        return
    st.markdown("**Its place on the map**")
    groups = [str(label) or "no label" for label in embedding.metadata["class"]]
    figure = new_point_on_map(coordinates, groups, at.coordinates, "new image", theme=run_figures.theme())
    run_figures.show(figure, key="new-image-place", alt="The map of all images with the new image as a diamond")
    quality = "exact" if at.how == "exact" else "estimated from its nearest images"
    st.caption(f"The diamond is the new image. Its position is {quality}.")
