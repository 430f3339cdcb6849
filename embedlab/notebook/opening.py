"""`embedlab.open`: the map of vectors that a program has, in the browser, and a handle to it."""

from __future__ import annotations

import atexit
import html
import shutil
import tempfile
import webbrowser
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd

from embedlab.cli.importing.job import import_files
from embedlab.cli.map.address import map_address
from embedlab.core.embedding import Embedding
from embedlab.core.errors import ConflictError, NotFoundError
from embedlab.core.plain import one_line
from embedlab.core.settings import Settings, load_settings
from embedlab.jobs.clusters.stored_clusters import load_clusters, rename
from embedlab.jobs.jobs import Jobs
from embedlab.notebook.server import AppServer
from embedlab.notebook.vectors import as_embedding
from embedlab.workspace.highlight.store import newest, set_highlight
from embedlab.workspace.workspace import Workspace

_servers: dict[Path, AppServer] = {}


def open_map(
    vectors: Any,
    names: Sequence[object] | None = None,
    metadata: pd.DataFrame | None = None,
    *,
    title: str = "Vectors",
    workspace: str | Path | None = None,
    method: str | None = None,
    color: str | None = None,
    select: Sequence[str] = (),
    browser: bool = True,
    port: int | None = None,
) -> OpenedMap:
    """Import vectors into a workspace and open their map.

    Parameters
    ----------
    vectors, names, metadata
        As in `as_embedding`.
    title
        Name of the dataset.
    workspace
        Folder of the workspace; None for a temporary one, which is deleted when the map is closed.
    method
        Name of a projection method to compute and show; None for the first maps, and t-SNE as soon as it is ready.
    color
        A metadata column that colors the map.
    select
        Keys to select.
    browser
        Whether to open the browser.
    port
        Port of the app if it does not run yet; None for a free one.

    Raises
    ------
    InputError
        The vectors, the method, the column or a key cannot be used.
    """
    embedding = as_embedding(vectors, names, metadata)
    if color is not None and color not in embedding.metadata.columns:
        known = ", ".join(map(str, embedding.metadata.columns))
        raise NotFoundError("There is no such column.", received=color, remedy=f"Known columns: {known or 'none'}.")
    unknown = next((key for key in select if key not in embedding.key_to_index), None)
    if unknown is not None:
        raise NotFoundError("A key is not in the vocabulary.", received=unknown, remedy="Check the spelling.")
    temporary = Path(tempfile.mkdtemp(prefix="embedlab-")) if workspace is None else None
    home = (temporary or Path(workspace or "")).expanduser().absolute()
    settings = load_settings().model_copy(update={"home": home})
    try:
        embedding_id = _import(settings, embedding, title)
        opened = OpenedMap(settings, embedding_id, temporary)
        if select:
            opened.select(select)
        opened.url = f"{_serve(home, port).address}/{_page(settings, embedding_id, method, color, select)}"
    except BaseException:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        raise
    if browser:
        webbrowser.open(opened.url)
    return opened


def _import(settings: Settings, embedding: Embedding, title: str) -> str:
    from embedlab.export.formats import export_embedding

    with closing(Workspace.open(settings)) as space, tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "vectors.parquet")
        export_embedding(embedding, "parquet", file)
        job = import_files(Jobs(space), [file], one_line(title) or "Vectors")
    return str((job.result or {})["embedding_id"])


def _page(settings: Settings, embedding_id: str, method: str | None, color: str | None, select: Sequence[str]) -> str:
    with closing(Workspace.open(settings)) as space:
        row = space.embedding(embedding_id)
        return map_address(Jobs(space), row, method=method, color=color, highlight=bool(select))


def _serve(home: Path, port: int | None) -> AppServer:
    server = _servers.get(home)
    if server is None or not server.is_alive:
        server = _servers[home] = AppServer(home, port)
    server.users += 1
    return server


def _leave(home: Path) -> None:
    server = _servers.get(home)
    if server is None:
        return
    server.users -= 1
    if server.users <= 0:
        _servers.pop(home).stop()


class OpenedMap:
    """A map that is open in the app.

    Parameters
    ----------
    settings
        Of its workspace.
    embedding_id
        Of the vectors in it.
    temporary
        The folder to delete with the map; None for a workspace that stays.
    """

    def __init__(self, settings: Settings, embedding_id: str, temporary: Path | None) -> None:
        self.embedding_id = embedding_id
        self.url = ""
        self._settings = settings
        self._temporary = temporary
        self._is_open = True
        atexit.register(self.close)

    def selected(self) -> list[str]:
        """Return the keys that were selected last, on the map or by `select`."""
        with self._workspace() as space:
            return list(newest(space, self.embedding_id).keys)

    def select(self, keys: Sequence[str]) -> None:
        """Select keys on every open page of this map; none clears the selection.

        Raises
        ------
        InputError
            A key is unknown, or there are more than 2,000.
        """
        with self._workspace() as space:
            set_highlight(space, self.embedding_id, list(keys))

    def clusters(self) -> pd.DataFrame:
        """Return the clusters by layer, the coarsest first, as the list of the map shows them.

        Returns
        -------
        pandas.DataFrame
            One row per cluster: `layer` and `cluster` (its number in the layer), `name`, `size` (number of keys),
            `parent` (its cluster in the layer before, or missing), and `keys` (all of them, a list). Empty if there
            are no clusters: there are too few keys, or all vectors are equal.
        """
        with self._workspace() as space:
            found = load_clusters(space, space.embedding(self.embedding_id))
            keys = space.load_embedding(self.embedding_id).keys
        rows = [
            (number, cluster, name, size, layer.parents[cluster] if number else None, members)
            for number, layer in enumerate(found.layers if found else ())
            for cluster, (name, size) in enumerate(zip(layer.names, layer.sizes.tolist(), strict=True))
            for members in [[keys[at] for at in layer.members(cluster).tolist()]]
        ]
        table = pd.DataFrame(rows, columns=["layer", "cluster", "name", "size", "parent", "keys"])
        return table.astype({"parent": "Int64"})

    def rename_cluster(self, layer: int, cluster: int, name: str) -> None:
        """Give a cluster a name, or its first name again if `name` is empty; open maps show it after their next change.

        Parameters
        ----------
        layer, cluster
            As in the table of `clusters`.

        Raises
        ------
        NotFoundError
            There are no clusters.
        InputError
            There is no such cluster, or too many have names.
        """
        with self._workspace() as space:
            rename(space, space.embedding(self.embedding_id), layer, cluster, name)

    def close(self) -> None:
        """Stop the app, if `embedlab.open` started it and no other map needs it, and delete a temporary workspace."""
        if not self._is_open:
            return
        self._is_open = False
        atexit.unregister(self.close)
        if self.url:
            _leave(self._settings.home)
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def __enter__(self) -> OpenedMap:
        """Return the map, which is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the map."""
        self.close()

    def __repr__(self) -> str:
        """Return the address, or that the map is closed."""
        return f"<map at {self.url}>" if self._is_open else "<closed map>"

    def _repr_html_(self) -> str:
        address = html.escape(self.url)
        return f'<a href="{address}" target="_blank">{address}</a>' if self._is_open else "Closed map"

    def _workspace(self) -> closing[Workspace]:
        if not self._is_open:
            raise ConflictError("This map is closed.", remedy="Open it again with embedlab.open.")
        return closing(Workspace.open(self._settings))
