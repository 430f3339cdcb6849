"""Links from an answer or a query to the map."""

from __future__ import annotations

from collections.abc import Sequence

from embedlab.exploration.asking.drawing import MapQuery
from embedlab.ui.shell import current
from embedlab.ui.shell.frame import page_link
from embedlab.workspace.rows import EmbeddingRow

#: Parameters of the Map page's address: kind of the query, its expression or keys, and the weights of the keys.
DRAW, OF, WEIGHT = "draw", "of", "of_weight"
_LONGEST = 500


def show_on_map_link(row: EmbeddingRow, key: str, label: str = "Show on the map") -> None:
    """Draw a link to the map with `key` picked, or placed by its subwords if it is out of vocabulary."""
    page_link("map", label=label, icon=":material/scatter_plot:", query=current.link(embedding=row.id, key=key))


def draw_on_map_link(row: EmbeddingRow, query: MapQuery, label: str = "Show query on the map") -> None:
    """Draw a link to the map with the query drawn; nothing for a query that is too long for an address."""
    parameters = query_parameters(query)
    if any(len(text) > _LONGEST for text in parameters[OF]):
        return
    # An empty key clears the pick of the session, which would be drawn over the query.
    link = {**current.link(embedding=row.id), "key": "", **parameters}
    page_link("map", label=label, icon=":material/polyline:", query=link)


def query_parameters(query: MapQuery) -> dict[str, str | Sequence[str]]:
    """Return a query as parameters of the Map page's address."""
    of = [query.expression] if query.expression else list(query.keys)
    # Without weights those of an earlier query would come from the session.
    weights = [f"{weight:g}" for weight in query.weights or [1.0] * len(of)]
    return {DRAW: query.kind, OF: of, WEIGHT: weights}
