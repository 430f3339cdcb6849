"""Named selections of the points of an embedding, stored beside its vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from embedlab.core.errors import InputError, NotFoundError, StorageError, TooLargeError
from embedlab.core.files import exclusive, read_json, write_json
from embedlab.core.plain import LONGEST_NAME, one_line

if TYPE_CHECKING:
    from embedlab.workspace.workspace import Workspace

SELECTIONS_FILE: Final = "selections.json"
#: Number of selections of one embedding that can have a name.
MOST_NAMED: Final = 20
#: Characters of the rows of a selection, written as ranges or compressed bits: half of two million points fit.
LONGEST_ROWS: Final = 400_000
_LARGEST_BYTES: Final = 4 * MOST_NAMED * (LONGEST_ROWS + LONGEST_NAME)


def named_selections(workspace: Workspace, embedding_id: str) -> dict[str, str]:
    """Return the rows of each named selection as text, such as `0-3.7`, in the order they were named.

    Entries of another form, as a damaged or foreign file may have, are left out.

    Raises
    ------
    StorageError
        The file is damaged.
    NotFoundError
        There is no such embedding.
    """
    path = workspace.layout.embedding(workspace.embedding(embedding_id).id) / SELECTIONS_FILE
    if not path.is_file():
        return {}
    values = read_json(path) if path.stat().st_size <= _LARGEST_BYTES else None
    if not isinstance(values, dict):
        raise StorageError("The named selections of this embedding are damaged.", received=SELECTIONS_FILE)
    usable = {name: rows for name, rows in values.items() if name and name == _clean(name) and _is_rows(rows)}
    return dict(list(usable.items())[:MOST_NAMED])


def keep_selection(workspace: Workspace, embedding_id: str, name: str, rows: str) -> None:
    """Store a selection under a name; the name may exist already.

    Parameters
    ----------
    rows
        As text, at most `LONGEST_ROWS` characters.

    Raises
    ------
    InputError
        The name is empty.
    TooLargeError
        There are `MOST_NAMED` others, or the rows are too long.
    StorageError
        The file is damaged, or cannot be written.
    """
    clean = _clean(name)
    if not clean:
        raise InputError("A selection needs a name.", received=name, remedy="Type one or more letters.")
    if not _is_rows(rows):
        raise TooLargeError("This selection is too large to be named.", remedy="Select fewer points.")
    with exclusive(workspace.layout.marks_lock):
        selections = named_selections(workspace, embedding_id)
        if clean not in selections and len(selections) >= MOST_NAMED:
            raise TooLargeError(
                f"At most {MOST_NAMED} selections of an embedding can have a name.", remedy="Delete another one first."
            )
        _write(workspace, embedding_id, {**selections, clean: rows})


def rename_selection(workspace: Workspace, embedding_id: str, name: str, new_name: str) -> None:
    """Give a named selection another name, in the same place of the list.

    Raises
    ------
    InputError
        The new name is empty, or another selection has it.
    NotFoundError
        There is no such selection.
    StorageError
        The file is damaged, or cannot be written.
    """
    clean = _clean(new_name)
    if not clean:
        raise InputError("A selection needs a name.", received=new_name, remedy="Type one or more letters.")
    with exclusive(workspace.layout.marks_lock):
        selections = named_selections(workspace, embedding_id)
        if name not in selections:
            raise NotFoundError("There is no selection with this name.", received=name)
        if clean != name and clean in selections:
            raise InputError("Another selection has this name.", received=clean, remedy="Choose another name.")
        renamed = {clean if each == name else each: rows for each, rows in selections.items()}
        _write(workspace, embedding_id, renamed)


def delete_selection(workspace: Workspace, embedding_id: str, name: str) -> None:
    """Delete a named selection, if it exists; raises `StorageError` as `keep_selection`."""
    with exclusive(workspace.layout.marks_lock):
        selections = named_selections(workspace, embedding_id)
        if selections.pop(name, None) is not None:
            _write(workspace, embedding_id, selections)


def _write(workspace: Workspace, embedding_id: str, selections: dict[str, str]) -> None:
    # A folder that another session has deleted must not come back.
    write_json(workspace.layout.embedding(embedding_id) / SELECTIONS_FILE, selections, make_folder=False)


def _clean(name: str) -> str:
    return one_line(name, LONGEST_NAME).strip()


def _is_rows(rows: object) -> bool:
    return isinstance(rows, str) and 0 < len(rows) <= LONGEST_ROWS
