"""Images on the Data page: a contact sheet of the first images, and what an embedding saves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic import BaseModel

from embedlab.core.kind import Counts
from embedlab.kinds.base import BuildContext
from embedlab.kinds.guess import Guess
from embedlab.kinds.images.building import FirstImages, first_images
from embedlab.kinds.images.options import ImagesOptions
from embedlab.ui.kinds import options_form
from embedlab.ui.kinds.images import details
from embedlab.ui.kinds.page import KindPage
from embedlab.ui.kinds.reading_form import Fields, limits, opened
from embedlab.ui.shell import resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.picture_grid import picture_grid
from embedlab.ui.widgets.wording import number, warnings_in_one
from embedlab.workspace.rows import DatasetRow

_SHOWN = 40


class ImagesPage(KindPage):
    """A contact sheet of the first images with their labels."""

    icon = ":material/image:"
    companions_first = True

    def draw_options(self, fields: Fields, guess: Guess) -> ImagesOptions:
        """Draw the reading options, folded: everything is detected."""
        del guess
        with st.expander("Size, color and labels", icon=":material/page_info:", key="expander-image-options"):
            return options_form.draw(fields, self.kind.name, ImagesOptions, ImagesOptions().model_dump(mode="json"))

    def draw_preview(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> bool:
        """Draw the first images."""
        first = _first_images(fields.upload.id, options.model_dump_json(), tuple(sorted(companions.items())))
        shape = first.shape
        color = "gray" if shape.n_channels == 1 else "RGB"
        n = f"**{number(len(first.images))}** images" if first.is_complete else "images"
        st.markdown(f"Read as {n} of **{shape.width} x {shape.height}** pixels, {color}.")
        details.draw_sizes(shape.height * shape.width * shape.n_channels)
        _draw_labels(first)
        for sentence in first.reasons:
            st.caption(plain(sentence, 300))
        if first.warnings:
            st.warning(warnings_in_one(first.warnings), icon=":material/warning:")
        if not any(first.labels):
            st.info(
                "These images have no labels, which a classifier needs. Pack them in folders named like the labels, "
                "or add a file of labels.",
                icon=":material/label_off:",
            )
        st.markdown("## First images")
        picture_grid(first.images[:_SHOWN], [label or "no label" for label in first.labels[:_SHOWN]])
        return bool(first.images)

    def expected_counts(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> Counts:
        """Return the counts of the file, as far as its start shows them."""
        first = _first_images(fields.upload.id, options.model_dump_json(), tuple(sorted(companions.items())))
        return {"images": first.n_expected, "labels": len(set(first.labels) - {""}), **first.counts}

    def expected_details(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> Mapping[str, Any]:
        """Return the labels, without which there is no model."""
        first = _first_images(fields.upload.id, options.model_dump_json(), tuple(sorted(companions.items())))
        return {"labels": first.label_details}

    def is_complete(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> bool:
        """Return whether all labels were read."""
        return _first_images(fields.upload.id, options.model_dump_json(), tuple(sorted(companions.items()))).is_complete

    def draw_details(self, row: DatasetRow) -> None:
        """Draw the labels with images of each."""
        details.draw(row)


def _draw_labels(first: FirstImages) -> None:
    """Draw how many labels and images without one were seen."""
    n_labels, n_missing = len(set(first.labels) - {""}), first.labels.count("")
    where = "" if first.is_complete else f" among the first {number(len(first.labels))} images"
    missing = f", {number(n_missing)} images without one" if n_missing else ""
    if n_labels:
        st.markdown(f"**Labels:** {number(n_labels)} different{where}{missing}.")


@st.cache_data(max_entries=20, show_spinner="Reading the images …")
def _first_images(upload_id: str, options_json: str, companions: tuple[tuple[str, str], ...]) -> FirstImages:
    workspace = resources.workspace()
    beside = {name: workspace.upload(companion_id).path for name, companion_id in companions}
    options = ImagesOptions.model_validate_json(options_json)
    return first_images(opened(upload_id), options, BuildContext(limits(), beside))
