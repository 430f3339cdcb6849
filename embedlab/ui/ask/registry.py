"""The views of the Ask page: what can be asked of an embedding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from embedlab.core.embedding import Embedding
from embedlab.ui.ask import (
    across_kinds,
    bias,
    classify,
    multiple_keys,
    new_image,
    new_row,
    new_text,
    next_item,
    predict_row,
    questions,
    side_by_side,
)
from embedlab.workspace.rows import EmbeddingRow

DEFAULT = "neighbors"
#: With more views their icons are left out, so that they fit on one line beside the export.
_MOST_WITH_ICONS = 8


@dataclass(frozen=True)
class View:
    """One view.

    Parameters
    ----------
    name
        Name in addresses.
    icon, title
        Shown to users.
    draw
        Draws the question and its answer.
    fits
        Whether it can be asked of an embedding; None: of every one.
    """

    name: str
    icon: str
    title: str
    draw: Callable[[EmbeddingRow, Embedding], None]
    fits: Callable[[EmbeddingRow], bool] | None = None


#: What an embedding is made for: shown first where it fits.
_PURPOSES = (
    View("across", ":material/hub:", "Across kinds", across_kinds.ask_across, across_kinds.can_place_things),
    View("next", ":material/skip_next:", "What next", next_item.ask_next, next_item.can_continue),
)
_QUESTIONS = (
    View("neighbors", ":material/near_me:", "Neighbors", questions.ask_neighbors),
    View("together", ":material/join_inner:", "Mean", multiple_keys.ask_mean),
    View("similarity", ":material/compare_arrows:", "Similarity", questions.ask_similarity),
    View("heatmap", ":material/grid_on:", "All pairs", multiple_keys.ask_heatmap),
    View("odd", ":material/filter_vintage:", "Odd one out", multiple_keys.ask_odd),
    View("analogy", ":material/function:", "Analogy", questions.ask_analogy),
    View("bias", ":material/balance:", "Association", bias.ask_bias),
    View("beside", ":material/view_column:", "Side by side", side_by_side.draw_side_by_side),
)
_NEW_THINGS = (
    View("text", ":material/article:", "New text", new_text.ask_new_text, new_text.can_place_texts),
    View("row", ":material/table_rows:", "New row", new_row.ask_new_row, new_row.can_place_rows),
    View("predict", ":material/table_chart:", "Predict a row", predict_row.ask_row, predict_row.can_predict),
    View("image", ":material/draw:", "Classify", new_image.ask_image, new_image.can_classify_images),
    View("classify", ":material/label:", "Classify", classify.ask_label, classify.can_classify),
)


def views_of(row: EmbeddingRow) -> tuple[dict[str, View], str]:
    """Return the views that fit an embedding by name, and the name of the one that is shown first."""
    fitting = [view for view in (*_PURPOSES, *_QUESTIONS, *_NEW_THINGS) if view.fits is None or view.fits(row)]
    purpose = next((view.name for view in fitting if view in _PURPOSES), DEFAULT)
    return {view.name: view for view in fitting}, purpose


def titles_of(views: Iterable[View]) -> dict[str, str]:
    """Return what the switch shows for each view, by name."""
    shown = list(views)
    with_icons = len(shown) <= _MOST_WITH_ICONS
    return {view.name: f"{view.icon} {view.title}" if with_icons else view.title for view in shown}
