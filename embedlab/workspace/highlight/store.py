"""Highlighted and selected keys of an embedding, stored beside its vectors.

A program highlights keys, and every open map of the embedding selects them. What somebody selects on a map is stored
apart, so that a program can read it and no map follows another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from embedlab.core.errors import NotFoundError, StorageError, TooLargeError
from embedlab.core.files import read_json, write_json
from embedlab.workspace.catalog import is_id, new_id

if TYPE_CHECKING:
    from pathlib import Path

    from embedlab.workspace.workspace import Workspace

Origin = Literal["program", "page"]
FILES: Final[dict[Origin, str]] = {"program": "highlight.json", "page": "selected.json"}
#: Keys of a highlight; maps can show this many.
MOST_KEYS: Final = 2000
_LARGEST_BYTES: Final = 8_000_000


@dataclass(frozen=True)
class Highlight:
    """Keys of an embedding.

    Parameters
    ----------
    id
        Changes with every change; empty if nothing was ever highlighted.
    keys
        In the order of the rows.
    """

    id: str = ""
    keys: tuple[str, ...] = ()


def highlight(workspace: Workspace, embedding_id: str, origin: Origin = "program") -> Highlight:
    """Return the keys that a program highlighted, or that somebody selected on a page.

    Raises
    ------
    StorageError
        The file is damaged.
    NotFoundError
        There is no such embedding.
    """
    path = _path(workspace, embedding_id, origin)
    if not path.is_file():
        return Highlight()
    value = read_json(path) if path.stat().st_size <= _LARGEST_BYTES else None
    if value is None or not _is_valid(value):
        raise StorageError("The highlighted keys of this embedding are damaged.", received=path.name)
    return Highlight(value["id"], tuple(value["keys"]))


def _is_valid(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("id"), str) or not is_id(value["id"]):
        return False
    keys = value.get("keys")
    return isinstance(keys, list) and len(keys) <= MOST_KEYS and all(isinstance(key, str) for key in keys)


def newest(workspace: Workspace, embedding_id: str) -> Highlight:
    """Return what was highlighted or selected last; raises as `highlight`."""
    paths = {origin: _path(workspace, embedding_id, origin) for origin in FILES}
    times = {origin: path.stat().st_mtime_ns for origin, path in paths.items() if path.is_file()}
    return highlight(workspace, embedding_id, max(times, key=times.__getitem__)) if times else Highlight()


def set_highlight(
    workspace: Workspace, embedding_id: str, keys: Sequence[str], origin: Origin = "program"
) -> Highlight:
    """Store the keys that are highlighted or selected; none removes all.

    Raises
    ------
    NotFoundError
        There is no such embedding, or it does not contain a key.
    TooLargeError
        There are more than `MOST_KEYS` keys.
    StorageError
        The file cannot be written.
    """
    path = _path(workspace, embedding_id, origin)
    if len(keys) > MOST_KEYS:
        raise TooLargeError(f"At most {MOST_KEYS:,} keys can be highlighted.", received=len(keys))
    index = workspace.load_embedding(embedding_id).key_to_index
    unknown = [key for key in keys if key not in index]
    if unknown:
        more = f" and {len(unknown) - 1:,} more" if len(unknown) > 1 else ""
        raise NotFoundError(
            "A key is not in the vocabulary.",
            received=f"{unknown[0]}{more}",
            remedy="Check the spelling, or search for it.",
        )
    new = Highlight(new_id(), tuple(sorted(set(keys), key=index.__getitem__)))
    # A folder that another session has deleted must not come back.
    write_json(path, {"id": new.id, "keys": list(new.keys)}, make_folder=False)
    return new


def _path(workspace: Workspace, embedding_id: str, origin: Origin) -> Path:
    return workspace.layout.embedding(workspace.embedding(embedding_id).id) / FILES[origin]
