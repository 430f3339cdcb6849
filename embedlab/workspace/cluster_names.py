"""Names that users give to the clusters of an embedding, stored beside its vectors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from embedlab.core.errors import InputError, StorageError
from embedlab.core.files import exclusive, read_json, write_json
from embedlab.core.plain import LONGEST_NAME, one_line

if TYPE_CHECKING:
    from embedlab.workspace.workspace import Workspace

CLUSTER_NAMES_FILE: Final = "cluster_names.json"
_MOST_NAMES: Final = 500
_LARGEST_BYTES: Final = 4 * _MOST_NAMES * (LONGEST_NAME + 20)
_ADDRESS: Final = re.compile(r"(\d{1,2})\.(\d{1,4})")


def cluster_names(workspace: Workspace, embedding_id: str, digest: str) -> dict[tuple[int, int], str]:
    """Return the names that users gave, by layer and group, both from 0.

    Parameters
    ----------
    digest
        Of the clusters (`Clusters.digest`): names of other clusters of this embedding are left out.

    Raises
    ------
    StorageError
        The file is damaged.
    NotFoundError
        There is no such embedding.
    """
    path = workspace.layout.embedding(workspace.embedding(embedding_id).id) / CLUSTER_NAMES_FILE
    if not path.is_file():
        return {}
    stored = read_json(path) if path.stat().st_size <= _LARGEST_BYTES else None
    if not isinstance(stored, dict) or not isinstance(stored.get("names"), dict):
        raise StorageError("The names of the clusters of this embedding are damaged.", received=CLUSTER_NAMES_FILE)
    if stored.get("digest") != digest:
        return {}
    named = {}
    for text, name in list(stored["names"].items())[:_MOST_NAMES]:
        address = _ADDRESS.fullmatch(text)
        if address and isinstance(name, str) and name and name == _clean(name):
            named[int(address[1]), int(address[2])] = name
    return named


def rename_cluster(
    workspace: Workspace, embedding_id: str, digest: str, address: tuple[int, int], name: str
) -> dict[tuple[int, int], str]:
    """Give a cluster a name, or its own name again if `name` is empty, and return all names that users gave.

    Parameters
    ----------
    digest
        Of the clusters.
    address
        Layer and group, both from 0.

    Raises
    ------
    InputError
        There are 500 other names.
    StorageError
        The file is damaged, or cannot be written.
    """
    clean = _clean(name)
    with exclusive(workspace.layout.marks_lock):
        named = cluster_names(workspace, embedding_id, digest)
        named.pop(address, None)
        if clean:
            if len(named) >= _MOST_NAMES:
                raise InputError(
                    f"At most {_MOST_NAMES} clusters can have names of their own.",
                    received=clean,
                    remedy="Give other clusters their first names again.",
                )
            named[address] = clean
        values = {f"{layer}.{group}": text for (layer, group), text in sorted(named.items())}
        # A folder that another session has deleted must not come back.
        path = workspace.layout.embedding(embedding_id) / CLUSTER_NAMES_FILE
        write_json(path, {"digest": digest, "names": values}, make_folder=False)
    return named


def _clean(name: str) -> str:
    return one_line(name, LONGEST_NAME).strip()
