"""What the Map page shows: an embedding, one of its projections, and the state of the address."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError
from embedlab.core.roles import first_color
from embedlab.exploration.asking.drawing import Drawing, MapQuery
from embedlab.jobs.films.film import Film
from embedlab.projections.registry import first_method
from embedlab.ui.map import cluster_layers, color_columns, drawn_query, isolated, trust_columns, unknown_words
from embedlab.ui.map import data as map_data
from embedlab.ui.map.film import replay
from embedlab.ui.map.new_map import projection_jobs, show_failure, start_projection, watch_projections
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.min_count import Rarity, read_rarity
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow

TAB = "map:tab"
QUERY, PICKED, SELECTION, CLUSTERS = "Query", "Picked", "Selection", "Clusters"
#: Where the session stores the query whose tab was opened.
DRAWN = "map:drawn"


@dataclass(frozen=True)
class View:
    """State of the page: an embedding, one of its projections, and the columns that can color it."""

    row: EmbeddingRow
    embedding: Embedding
    projections: list[ProjectionRow]
    projection: ProjectionRow
    columns: list[str] = field(default_factory=list)
    query: MapQuery | None = None
    drawing: Drawing | EmbedLabError | None = None
    film: Film | None = None

    @property
    def source_id(self) -> str:
        """Id of what the points belong to: the embedding, or an isolated map."""
        return isolated.source_of(self.projection)

    @property
    def rarity(self) -> Rarity:
        """The minimum count of neighbors."""
        return read_rarity(self.row.name, self.embedding)

    @property
    def color(self) -> str | None:
        """The column to color by: the chosen one, otherwise labels or genres, otherwise clusters."""
        chosen = current.get("color")
        options = [chosen] if chosen else [first_color(self.row.name, self.embedding.metadata), color_columns.CLUSTERS]
        return next((name for name in options if name in self.columns), None)

    @property
    def has_clusters(self) -> bool:
        """Whether the keys have clusters."""
        return color_columns.CLUSTERS in self.columns

    @property
    def picked(self) -> int | None:
        """Index of the current key; None if there is none or it is not in this embedding."""
        key = current.get("key")
        return None if key is None else self.embedding.key_to_index.get(key)

    @property
    def unknown(self) -> str | None:
        """The current key if it is not in this embedding."""
        return current.get("key") if self.picked is None else None

    @property
    def elsewhere(self) -> str | None:
        """The current key if it is in the embedding but not among the points of this isolated map."""
        text = self.unknown
        if text is None or self.projection.n_isolated is None:
            return None
        return text if text in resources.load_embedding(self.row.id).key_to_index else None

    @property
    def word(self) -> str | None:
        """The out-of-vocabulary word that can be placed by its subwords; None if there is none."""
        text = self.unknown
        return (
            None
            if text is None or self.elsewhere is not None
            else unknown_words.placeable(self.row, self.embedding, text)
        )


@st.cache_resource(max_entries=16, show_spinner=False)
def _columns(embedding_id: str) -> list[str]:
    return map_data.colorable(resources.load_embedding(embedding_id).metadata)


def columns_of(embedding_id: str) -> list[str]:
    """Return the columns that can color the map of an embedding."""
    # Clusters may be computed later than the embedding, so they are not cached with the columns.
    clusters = [color_columns.layer_column(layer) for layer in range(cluster_layers.n_layers(embedding_id))]
    return [*clusters, *_columns(embedding_id), *trust_columns.names(embedding_id)]


def open_view(row: EmbeddingRow) -> View | None:
    """Open the embedding, ready for the first click; return None if it has no projection yet."""
    projection = current.current_projection(row.id)
    if projection is None:
        return None
    with st.spinner("Opening the embedding …", show_time=False):
        embedding = isolated.load_points(isolated.source_of(projection))
        _ = embedding.keyed_vectors
    # A link to a query clears the pick, and is not a query for an empty name.
    if current.get("key") == "":
        current.put("key", None)
    # A different spelling of a word in the vocabulary still means that word.
    if (text := current.get("key")) and (key := unknown_words.key_of(row, embedding, text)):
        current.put("key", key)
    projections = resources.workspace().projections(row.id)
    view = View(row, embedding, projections, projection, columns_of(row.id), drawn_query.read())
    return replace(view, drawing=_drawing(view), film=replay.film_on(row, projection))


def _drawing(view: View) -> Drawing | EmbedLabError | None:
    """Return the drawing of the query in the address, or why it cannot be drawn; a new query opens its tab."""
    if view.query is None:
        st.session_state.pop(DRAWN, None)
        return None
    if st.session_state.get(DRAWN) != view.query:
        st.session_state[DRAWN], st.session_state[TAB] = view.query, QUERY
    try:
        return drawn_query.draw(view.query, view.embedding, view.projection, view.rarity.min_count)
    except EmbedLabError as error:
        return error


def make_first_projection(row: EmbeddingRow) -> None:
    """Compute the first map of an embedding and show its progress; after a failure, only on request."""
    jobs = projection_jobs(row.id)
    method = first_method()
    arguments = (row.id, method.name, method.first_dimensions[0])
    if not jobs:
        start_projection(*arguments)
    elif not jobs[0].status.is_active:
        show_failure(jobs)
        st.button(f"Compute {plain(method.title)} map", type="primary", on_click=start_projection, args=arguments)
        return
    st.markdown(f"## Computing the first map ({plain(method.title)}) …")
    watch_projections(row.id)
