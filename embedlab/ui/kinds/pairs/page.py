"""Pairs on the Data page."""

from __future__ import annotations

from embedlab.kinds.guess import Guess
from embedlab.kinds.pairs.options import PairsOptions
from embedlab.ui.kinds.page import KindPage
from embedlab.ui.kinds.pairs import details, form
from embedlab.ui.kinds.reading_form import Fields
from embedlab.workspace.rows import DatasetRow


class PairsPage(KindPage):
    """The columns on both sides and their forms, and the kinds of an imported dataset."""

    icon = ":material/join_inner:"

    def draw_options(self, fields: Fields, guess: Guess) -> PairsOptions:  # noqa: ARG002
        """Draw the choice of columns and forms."""
        return form.draw(fields)

    def counts(self, row: DatasetRow) -> dict[str, str]:
        """Return pairs, things on both sides, and groups."""
        shown = super().counts(row)
        names = ("pairs", "left", "right", "groups")
        titles = [self.kind.nouns[name].plural.capitalize() for name in names]
        return {title: shown[title] for title in titles if title in shown}

    def draw_details(self, row: DatasetRow) -> None:
        """Draw the kinds of things."""
        details.draw(row)
