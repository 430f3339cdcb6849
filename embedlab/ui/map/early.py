"""What the browser starts to load with the Map page itself, before Streamlit has connected."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from embedlab.core.errors import EmbedLabError
from embedlab.core.roles import first_color
from embedlab.ui.map.color_columns import CLUSTERS, LAYERS
from embedlab.ui.map.isolated import source_of
from embedlab.ui.shell import resources
from embedlab.ui.shell.bundle import LOAD_ATTRIBUTE, bundle_url
from embedlab.ui.shell.streamlit_files import element_scripts
from embedlab.ui.shell.urls import base_path, plotly_url
from embedlab.workspace.catalog import is_id
from embedlab.workspace.rows import ProjectionRow

#: Plotly draws maps of at most this many points by number of dimensions; the same as in `static/map/renderers.js`.
PLOTLY_MOST_POINTS = {2: 5000, 3: 1000}
#: The same as `FORMAT` in `static/map/columns.js`.
COLUMN_FORMAT = 2
#: What JavaScript's `encodeURIComponent` leaves as it is, besides letters, digits, and what `quote` leaves.
_UNQUOTED = "!*'()"
#: Streamlit's names for what the page consists of; it would load their scripts one after the other when they appear.
_ELEMENTS = ("BidiComponent", "Html", "PageLink", "Selectbox", "Button", "ButtonGroup", "Checkbox")


def links(address: Mapping[str, str]) -> str:
    """Return the elements for the page's head: our modules, Streamlit's scripts, and the points and columns of the map.

    Plotly.js is loaded early only for a map that it draws; it takes a second to compile.

    Parameters
    ----------
    address
        The query parameters of the Map page. Unknown or invalid ids are ignored here; the page reports them.
    """
    tags = [f'<script type="module" async src="{bundle_url()}" {LOAD_ATTRIBUTE}="map/preload.js"></script>']
    projection = _projection(address)
    if projection is not None:
        paths = [f"{projection.id}/points", *(_column_path(projection, name) for name in _columns(projection, address))]
        attributes = 'rel="preload" as="fetch" crossorigin="anonymous"'
        tags += [f'<link {attributes} href="{base_path()}/maps/{escape(path)}" />' for path in paths]
        n_keys = resources.workspace().embedding(projection.embedding_id).n_keys
        if n_keys <= PLOTLY_MOST_POINTS.get(projection.n_components, 0):
            tags.append(f'<link id="embedlab-plotly" rel="preload" as="script" href="{plotly_url()}" />')
    scripts = element_scripts(_ELEMENTS)
    # They must not delay Streamlit's first requests, since a browser sends six at a time.
    attributes = 'rel="modulepreload" crossorigin fetchpriority="low"'
    tags += [f'<link {attributes} href="{base_path()}/{name}" />' for name in scripts]
    return "".join(tags)


def _columns(projection: ProjectionRow, address: Mapping[str, str]) -> list[str]:
    """Return the columns that the map will need, as far as it is known without opening the embedding."""
    row = resources.workspace().embedding(projection.embedding_id)
    has_clusters = bool(resources.clusters_version(row.id))
    embedding = resources.opened_embedding(row.id)
    chosen = address.get("color")
    names = [LAYERS] if has_clusters else []
    if embedding is not None and not chosen:
        names += [first_color(row.name, embedding.metadata) or (CLUSTERS if has_clusters else "")]
    elif embedding is not None and chosen in (CLUSTERS, *map(str, embedding.metadata.columns)):
        names += [chosen]
    return [name for name in dict.fromkeys(names) if name]


def _column_path(projection: ProjectionRow, name: str) -> str:
    """Return the path that `static/map/columns.js` requests a column from."""
    version = resources.clusters_version(projection.embedding_id) if name.startswith("~") else ""
    return f"{source_of(projection)}/column/{quote(name, safe=_UNQUOTED)}?v={COLUMN_FORMAT}{version}"


def _projection(address: Mapping[str, str]) -> ProjectionRow | None:
    """Return the projection that an address shows, as far as the address alone says; see `current_projection`."""
    embedding_id, projection_id = address.get("embedding", ""), address.get("projection", "")
    try:
        if is_id(projection_id):
            row = resources.workspace().projection(projection_id)
            return row if embedding_id in ("", row.embedding_id) else None
        rows = resources.workspace().projections(embedding_id) if is_id(embedding_id) else []
    except EmbedLabError:
        return None
    plane = [row for row in rows if row.n_components == 2]
    matching = plane or rows
    return matching[-1] if matching else None
