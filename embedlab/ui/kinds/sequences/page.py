"""Sequences on the Data page."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from embedlab.core.kind import Counts
from embedlab.kinds.guess import Guess
from embedlab.kinds.sequences.options import SequencesOptions
from embedlab.ui.kinds.page import KindPage
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.kinds.sequences import details, form
from embedlab.workspace.rows import DatasetRow


class SequencesPage(KindPage):
    """Shape, columns and pauses, and whether the order of the events matters."""

    icon = ":material/timeline:"

    def draw_options(self, fields: Fields, guess: Guess) -> SequencesOptions:
        """Draw the shape of the file and the options that it has."""
        return form.draw(fields, guess)

    def expected_counts(self, fields: Fields, options: BaseModel, companions: Mapping[str, str]) -> Counts:
        """Return the counts of the first part, grown to the size of the file."""
        counts = super().expected_counts(fields, options, companions)
        return grown(counts, fields.upload.size_bytes)

    def draw_details(self, row: DatasetRow) -> None:
        """Draw the figures and the most frequent items."""
        details.draw(row)


#: Events that a preview reads; a larger file has more.
_PREVIEW_EVENTS = 50_000
#: Bytes of an event in a file of text, typically.
_EVENT_BYTES = 15


def grown(counts: Counts, size_bytes: int) -> Counts:
    """Return the counts of a preview, grown to a whole file: events with its size, items with the square root."""
    events = counts.get("events", 0)
    if events < _PREVIEW_EVENTS:
        return counts
    factor = max(1.0, size_bytes / _EVENT_BYTES / events)
    return {name: round(value * (factor**0.5 if name == "items" else factor)) for name, value in counts.items()}
