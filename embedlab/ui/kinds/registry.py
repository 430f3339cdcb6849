"""Data page views by kind; a kind without an entry here gets the generic view."""

from __future__ import annotations

from embedlab.kinds.registry import kind_or_unknown
from embedlab.ui.kinds.graph.page import GraphPage
from embedlab.ui.kinds.images.page import ImagesPage
from embedlab.ui.kinds.page import KindPage
from embedlab.ui.kinds.pairs.page import PairsPage
from embedlab.ui.kinds.ratings.page import RatingsPage
from embedlab.ui.kinds.sequences.page import SequencesPage
from embedlab.ui.kinds.table.page import TablePage
from embedlab.ui.kinds.text.page import TextPage
from embedlab.ui.kinds.vectors.page import VectorsPage

_PAGES: dict[str, type[KindPage]] = {
    "text": TextPage,
    "ratings": RatingsPage,
    "vectors": VectorsPage,
    "table": TablePage,
    "graph": GraphPage,
    "pairs": PairsPage,
    "sequences": SequencesPage,
    "images": ImagesPage,
}


def page_of(kind: str) -> KindPage:
    """Return the Data page view of a kind, including kinds that this version does not know."""
    return _PAGES.get(kind, KindPage)(kind_or_unknown(kind))
