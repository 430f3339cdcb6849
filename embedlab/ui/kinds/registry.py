"""The pages' parts by kind of data; a kind without an entry here gets a form and figures made from its own entry."""

from __future__ import annotations

from embedlab.kinds.registry import kind_or_unknown
from embedlab.ui.kinds.page import KindPage
from embedlab.ui.kinds.ratings.page import RatingsPage
from embedlab.ui.kinds.text.page import TextPage
from embedlab.ui.kinds.vectors.page import VectorsPage

_PAGES: dict[str, type[KindPage]] = {"text": TextPage, "ratings": RatingsPage, "vectors": VectorsPage}


def page_of(kind: str) -> KindPage:
    """Return the pages' parts for a kind, also for one that this version does not know."""
    return _PAGES.get(kind, KindPage)(kind_or_unknown(kind))
