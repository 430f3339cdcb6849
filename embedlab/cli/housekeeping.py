"""`rename`, `delete`, `trash`, `backup`, `restore`, `adopt`: keeping house."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from embedlab.cli.flags import Json
from embedlab.cli.output import write_json, write_line, write_note
from embedlab.cli.work import opened_workspace
from embedlab.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from embedlab.workspace.workspace import Dependents, Workspace


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (rename, delete, trash, backup, restore, adopt):
        app.command()(command)


@dataclass(frozen=True)
class _Thing:
    """A dataset, run or embedding that an id names."""

    noun: str
    name: str
    dependents: Dependents
    delete: Callable[[str], None]
    rename: Callable[[str, str], None] | None


def _find(workspace: Workspace, thing_id: str) -> _Thing:
    from embedlab.workspace.workspace import Dependents

    for row in workspace.datasets():
        if row.id == thing_id:
            depending = workspace.dependents_of_dataset(row.id)
            return _Thing("dataset", row.name, depending, workspace.delete_dataset, workspace.rename_dataset)
    for run in workspace.runs():
        if run.id == thing_id:
            depending = workspace.dependents_of_run(run.id)
            return _Thing("run", run.name, depending, workspace.delete_run, workspace.rename_run)
    for embedding in workspace.embeddings():
        if embedding.id == thing_id:
            maps = tuple(row.id for row in workspace.projections(embedding.id))
            return _Thing("embedding", embedding.title, Dependents((), (), maps), workspace.delete_embedding, None)
    raise NotFoundError(
        "No dataset, run or embedding has this id.",
        received=thing_id,
        remedy="List what there is: `python -m embedlab datasets`, `runs` or `embeddings`.",
    )


def rename(
    thing: Annotated[str, typer.Argument(metavar="ID", help="Id of a dataset or a run.")],
    name: Annotated[str, typer.Argument(metavar="NAME")],
    json: Json = False,
) -> None:
    """Give a dataset or a run another name."""
    with opened_workspace() as workspace:
        found = _find(workspace, thing)
        if found.rename is None:
            raise InputError("An embedding is called after its run.", received=thing, remedy="Rename the run.")
        found.rename(thing, name)
        kept = _find(workspace, thing).name
    if json:
        write_json({"id": thing, "name": kept})
    else:
        write_line(f"{thing}  {kept}")


def delete(
    thing: Annotated[str, typer.Argument(metavar="ID", help="Id of a dataset, a run or an embedding.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Delete a dataset, a run or an embedding with all that depends on it."""
    with opened_workspace() as workspace:
        found = _find(workspace, thing)
        depending = {
            "runs": len([run for run in found.dependents.runs if run != thing]),
            "embeddings": len(found.dependents.embeddings),
            "projections": len(found.dependents.projections),
        }
        _confirm(found, depending, yes)
        found.delete(thing)
        workspace.sweep()
    if json:
        write_json({"deleted": thing, **depending})
    else:
        write_line(f"Deleted the {found.noun} {found.name}.")


def _confirm(found: _Thing, depending: dict[str, int], yes: bool) -> None:
    if yes:
        return
    with_it = ", ".join(f"{number} {noun}" for noun, number in depending.items() if number)
    _ask(f"This deletes the {found.noun} {found.name}" + (f" with {with_it}." if with_it else "."))


def _ask(warning: str) -> None:
    if not sys.stdin.isatty():
        raise InputError(warning, remedy="Add --yes to do it.")
    write_note(warning)
    typer.confirm("Go on?", abort=True, err=True)


def trash(
    empty: Annotated[bool, typer.Option("--empty", help="Delete what is in the trash now.")] = False,
    json: Json = False,
) -> None:
    """Show what is in the trash: files that the catalog does not know, deleted after 7 days."""
    with opened_workspace() as workspace:
        if empty:
            workspace.empty_trash()
        found = workspace.trash()
    if json:
        write_json(asdict(found))
    elif found.next_deletion_at is None:
        write_line("The trash is empty.")
    else:
        deleted_at = datetime.fromtimestamp(found.next_deletion_at, UTC)
        items = "1 item" if found.n_items == 1 else f"{found.n_items:,} items"
        write_line(f"{items}, {found.size_bytes / 1e6:,.1f} MB, deleted from {deleted_at:%Y-%m-%d %H:%M} UTC")


def adopt(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Use a folder and a catalog together that do not match."""
    from embedlab.core.settings import load_settings
    from embedlab.workspace.identity import unknown_artifacts
    from embedlab.workspace.workspace import Workspace

    if not yes:
        _ask(
            "This binds the folder and the catalog to each other. "
            "Files that the catalog does not know go to the trash and are deleted 7 days later."
        )
    workspace = Workspace.open(load_settings(), adopt=True)
    try:
        unknown = unknown_artifacts(workspace.catalog.engine, workspace.layout)
    finally:
        workspace.close()
    if json:
        write_json({"unknown": [f"{room}/{name}" for room, name in unknown]})
    else:
        write_line(f"Folder and catalog belong together now. Items unknown to the catalog: {len(unknown):,}.")


def backup(
    out: Annotated[Path, typer.Argument(metavar="FILE.zip")],
    json: Json = False,
) -> None:
    """Write everything into one zip."""
    with opened_workspace() as workspace:
        written = workspace.backup(out)
    if json:
        write_json({"out": str(written), "size_bytes": written.stat().st_size})
    else:
        write_line(f"{written}  {written.stat().st_size / 1e6:,.1f} MB")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip")],
    json: Json = False,
) -> None:
    """Bring a backup into a workspace that holds nothing yet."""
    from embedlab.jobs.restoring import restore_workspace

    with opened_workspace() as workspace:
        restored = restore_workspace(workspace, file)
    if json:
        write_json({"restored": restored})
    else:
        write_line(", ".join(f"{number} {table}" for table, number in restored.items()))
