"""`highlight`: what is selected on a map, read and set by a program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from embedlab.cli.asking.queries import EmbeddingName
from embedlab.cli.flags import Json
from embedlab.cli.output import write_json, write_line
from embedlab.cli.work import find_embedding, opened_workspace
from embedlab.core.errors import InputError, TooLargeError

if TYPE_CHECKING:
    from embedlab.workspace.workspace import Workspace

_LARGEST_FILE = 8_000_000

Select = Annotated[
    str | None,
    typer.Option(
        "--select", metavar="KEY,KEY|@FILE", help="Keys to select on the map, or a file with one key per line."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("highlight")(show_highlight)


def show_highlight(
    embedding: EmbeddingName,
    select: Select = None,
    clear: Annotated[bool, typer.Option("--clear", help="Clear the selection.")] = False,
    json: Json = False,
) -> None:
    """Show the keys that are selected on the map of an embedding, or select others on every open page.

    Without --select and --clear, it shows what was selected last, by a person or by a program.
    """
    from embedlab.workspace.highlight.store import newest, set_highlight

    if select is not None and clear:
        raise InputError("Give --select or --clear, not both.", received="--select --clear")
    with opened_workspace() as workspace:
        row = find_embedding(workspace, embedding)
        if select is None and not clear:
            found = newest(workspace, row.id)
        else:
            found = set_highlight(workspace, row.id, keys_of(select or "", workspace, row.id))
    if json:
        write_json({"embedding": row.id, "keys": list(found.keys)})
    else:
        for key in found.keys:
            write_line(key)


def keys_of(text: str, workspace: Workspace, embedding_id: str) -> list[str]:
    """Return the keys in the value of `--select`: separated by commas, or one per line of a file after `@`.

    A value that is a key as a whole is this key, so that keys may contain commas.

    Raises
    ------
    InputError
        The file cannot be read as UTF-8.
    TooLargeError
        The file is too large.
    """
    if text.startswith("@") and len(text) > 1:
        return _lines(Path(text[1:]))
    if text in workspace.load_embedding(embedding_id).key_to_index:
        return [text]
    return [key for each in text.split(",") if (key := each.strip())]


def _lines(file: Path) -> list[str]:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise TooLargeError(f"A file of keys can have at most {_LARGEST_FILE // 1_000_000} MB.", received=file.name)
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("The file of keys cannot be read.", received=str(file), remedy="Write UTF-8 text.") from error
    return [line for line in lines if line.strip()]
