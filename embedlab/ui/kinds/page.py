"""The Data page's view of any kind of data, built from its registry entry; a kind can override any part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pandas as pd
import streamlit as st
from pydantic import BaseModel

from embedlab.core.kind import Counts
from embedlab.core.plain import one_line
from embedlab.kinds.base import BuildContext, Preview
from embedlab.kinds.guess import Guess
from embedlab.kinds.registry import AnyKind
from embedlab.kinds.registry import kind as kind_of
from embedlab.ui.kinds import options_form, staging
from embedlab.ui.kinds.reading_form import Fields, limits, opened
from embedlab.ui.shell import resources
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import number, warnings_in_one
from embedlab.workspace.rows import DatasetRow

_CELL = 300
_N_COLUMNS = 4


class KindPage:
    """The parts of the Data page that depend on the kind of a dataset; this class draws any kind.

    Parameters
    ----------
    kind
        Its entry in `embedlab.kinds.registry`.
    """

    #: Material icon, as Streamlit names it.
    icon = ":material/dataset:"
    #: Title of the panel that shows how an input becomes rows of the embedding of a neural network; None where none is.
    encoding_title: ClassVar[str | None] = None
    #: Whether files beside the first are asked for before its preview, which reads them.
    companions_first = True
    #: Whether the choices below the main button are open at first, since one of them decides what is trained.
    opens_choices = False

    def __init__(self, kind: AnyKind) -> None:
        self.kind = kind

    def draw_options(self, fields: Fields, guess: Guess) -> BaseModel:
        """Draw the reading options and return them.

        Raises
        ------
        ValidationError, EmbedLabError
            An option is invalid.
        """
        guessed = _guessed(self.kind.name, fields.upload.id, guess.member)
        options_class: type[BaseModel] = self.kind.options_class
        return options_form.draw(fields, self.kind.name, options_class, guessed)

    def draw_companions(self, guess: Guess) -> dict[str, str]:  # noqa: ARG002
        """Draw the uploaders of companion files; return the ids of those uploaded, by name."""
        if not self.kind.companions:
            return {}
        with st.expander("More files (optional)", icon=":material/attach_file:", key="expander-more-files"):
            uploads = {each.name: staging.companion(each.name, each.title, each.help) for each in self.kind.companions}
        return {name: upload.id for name, upload in uploads.items() if upload is not None}

    def draw_preview(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> bool:
        """Draw a preview of the file with these options; return whether there is anything to import."""
        companion_ids = tuple(sorted(companions.items()))
        preview = _preview_of(self.kind.name, fields.upload.id, options.model_dump_json(), companion_ids)
        _draw_counts(self._titled(preview.counts))
        if not preview.is_complete:
            st.caption("These figures are for the first part of the file. The import reads all of it.")
        for sentence in preview.assumptions:
            st.caption(plain(sentence, 300))
        if preview.warnings:
            st.warning(warnings_in_one(preview.warnings), icon=":material/warning:")
        st.markdown("## First rows")
        cells = [[one_line(cell, _CELL) for cell in row] for row in preview.rows]
        headings = list(unique_names({str(place): name for place, name in enumerate(preview.columns)}).values())
        st.dataframe(pd.DataFrame(cells, columns=headings), hide_index=True, placeholder="", height=300)
        return bool(preview.rows)

    def expected_counts(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> Counts:
        """Return the counts that an import will probably find, from the part of the file that the preview has read."""
        companion_ids = tuple(sorted(companions.items()))
        return _preview_of(self.kind.name, fields.upload.id, options.model_dump_json(), companion_ids).counts

    def is_complete(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> bool:
        """Return whether the preview has read the whole file, so that its counts are no estimates."""
        companion_ids = tuple(sorted(companions.items()))
        return _preview_of(self.kind.name, fields.upload.id, options.model_dump_json(), companion_ids).is_complete

    def expected_details(
        self,
        fields: Fields,  # noqa: ARG002
        options: BaseModel,  # noqa: ARG002
        companions: Mapping[str, str],  # noqa: ARG002
    ) -> Mapping[str, Any]:
        """Return the details of a dataset that decide which model is recommended, as far as the preview shows them."""
        return {}

    def draw_encoding(
        self,
        dataset_id: str,
        *,
        min_count: int,
        max_words: int | None,
        sequence_length: int | None,
        output_dim: int,
    ) -> None:
        """Draw how an input becomes indices and rows of an embedding; drawn only where there is an `encoding_title`.

        Parameters
        ----------
        min_count, max_words
            Which values have an index.
        sequence_length
            Length of every encoded input; that of the input itself when None.
        output_dim
            Columns of the embedding.
        """

    def draw_variables(self, row: DatasetRow, parameters: BaseModel) -> None:
        """Draw the size of the embedding of each of several variables before a training; nothing where there is one.

        Parameters
        ----------
        parameters
            Of the chosen model.
        """

    def counts(self, row: DatasetRow) -> dict[str, str]:
        """Return the figures at the top of a dataset's page, by their titles."""
        return self._titled(row.counts)

    def draw_details(self, row: DatasetRow) -> None:
        """Draw the contents of a dataset, below its figures."""
        st.caption(self.kind.summary)
        if row.details:
            # JSON is shown as text, never as markup.
            st.json(row.details, expanded=True)

    def _titled(self, counts: Mapping[str, int | float]) -> dict[str, str]:
        nouns = self.kind.nouns
        return {nouns[name].plural.capitalize(): number(counts[name]) for name in nouns if name in counts}


def _draw_counts(shown: Mapping[str, str]) -> None:
    for box, (title, value) in zip(st.columns(_N_COLUMNS, gap="small"), shown.items(), strict=False):
        box.metric(title, value, border=True)


@st.cache_data(max_entries=40, show_spinner=False)
def _guessed(kind: str, upload_id: str, member: str | None) -> dict[str, Any]:
    """Return the options that fit an upload, as JSON."""
    guessed: dict[str, Any] = kind_of(kind).guess_options(opened(upload_id, member)).model_dump(mode="json")
    return guessed


@st.cache_data(max_entries=40, show_spinner="Reading the file …")
def _preview_of(kind: str, upload_id: str, options_json: str, companions: tuple[tuple[str, str], ...]) -> Preview:
    """Return what is seen of an upload read with these options."""
    workspace, known = resources.workspace(), kind_of(kind)
    options = known.options_class.model_validate_json(options_json)
    beside = {name: workspace.upload(companion_id).path for name, companion_id in companions}
    return known.preview(opened(upload_id), options, BuildContext(limits(), beside))
