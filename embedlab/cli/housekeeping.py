"""`rename`, `delete`, `trash`, `backup`, `restore`, `adopt`: maintenance of the workspace."""

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
class _Item:
    """A dataset, run or embedding, looked up by its id."""

    noun: str
    name: str
    dependents: Dependents
    delete: Callable[[str], None]
    rename: Callable[[str, str], None] | None


def _find(workspace: Workspace, item_id: str) -> _Item:
    from embedlab.workspace.workspace import Dependents

    for row in workspace.datasets():
        if row.id == item_id:
            dependents = workspace.dependents_of_dataset(row.id)
            return _Item("dataset", row.name, dependents, workspace.delete_dataset, workspace.rename_dataset)
    for run in workspace.runs():
        if run.id == item_id:
            dependents = workspace.dependents_of_run(run.id)
            return _Item("run", run.name, dependents, workspace.delete_run, workspace.rename_run)
    for embedding in workspace.embeddings():
        if embedding.id == item_id:
            rows = [*workspace.projections(embedding.id), *workspace.isolated_maps(embedding.id)]
            maps = tuple(row.id for row in rows)
            return _Item("embedding", embedding.title, Dependents((), (), maps), workspace.delete_embedding, None)
    raise NotFoundError(
        "No dataset, run or embedding has this id.",
        received=item_id,
        remedy="List the ids with: python -m embedlab datasets (or runs, or embeddings).",
    )


def rename(
    item_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a dataset or a run.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
    json: Json = False,
) -> None:
    """Rename a dataset or a run."""
    with opened_workspace() as workspace:
        item = _find(workspace, item_id)
        if item.rename is None:
            raise InputError("An embedding has the name of its run.", received=item_id, remedy="Rename the run.")
        item.rename(item_id, name)
        stored_name = _find(workspace, item_id).name
    if json:
        write_json({"id": item_id, "name": stored_name})
    else:
        write_line(f"{item_id}  {stored_name}")


def delete(
    item_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a dataset, a run or an embedding.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    json: Json = False,
) -> None:
    """Delete a dataset, a run or an embedding, and everything derived from it."""
    with opened_workspace() as workspace:
        item = _find(workspace, item_id)
        n_dependents = {
            "runs": len([run for run in item.dependents.runs if run != item_id]),
            "embeddings": len(item.dependents.embeddings),
            "projections": len(item.dependents.projections),
        }
        _confirm(item, n_dependents, yes)
        item.delete(item_id)
        workspace.sweep()
    if json:
        write_json({"deleted": item_id, **n_dependents})
    else:
        write_line(f"Deleted the {item.noun} {item.name}.")


def _confirm(item: _Item, n_dependents: dict[str, int], yes: bool) -> None:
    if yes:
        return
    dependents = ", ".join(f"{number} {noun}" for noun, number in n_dependents.items() if number)
    _ask(f"This deletes the {item.noun} {item.name}" + (f" and {dependents} derived from it." if dependents else "."))


def _ask(warning: str) -> None:
    if not sys.stdin.isatty():
        raise InputError(warning, remedy="Add --yes to confirm.")
    write_note(warning)
    typer.confirm("Continue?", abort=True, err=True)


def trash(
    empty: Annotated[bool, typer.Option("--empty", help="Empty the trash now.")] = False,
    json: Json = False,
) -> None:
    """Show the trash: files that are not in the catalog, which are deleted after 7 days."""
    with opened_workspace() as workspace:
        if empty:
            workspace.empty_trash()
        content = workspace.trash()
    if json:
        write_json(asdict(content))
    elif content.next_deletion_at is None:
        write_line("The trash is empty.")
    else:
        deleted_at = datetime.fromtimestamp(content.next_deletion_at, UTC)
        items = "1 item" if content.n_items == 1 else f"{content.n_items:,} items"
        write_line(f"{items}, {content.size_bytes / 1e6:,.1f} MB, deleted from {deleted_at:%Y-%m-%d %H:%M} UTC")


def adopt(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    json: Json = False,
) -> None:
    """Bind a folder and a catalog that do not match to each other."""
    from embedlab.core.settings import load_settings
    from embedlab.workspace.identity import unknown_artifacts
    from embedlab.workspace.workspace import Workspace

    if not yes:
        _ask(
            "This binds the folder and the catalog to each other. "
            "Files that are not in the catalog are moved to the trash and deleted 7 days later."
        )
    workspace = Workspace.open(load_settings(), adopt=True)
    try:
        unknown = unknown_artifacts(workspace.catalog.engine, workspace.layout)
    finally:
        workspace.close()
    if json:
        write_json({"unknown": [f"{room}/{name}" for room, name in unknown]})
    else:
        write_line(f"The folder and the catalog are now bound. Items that are not in the catalog: {len(unknown):,}.")


def backup(
    out: Annotated[Path, typer.Argument(metavar="FILE.zip", help="The zip file to write.")],
    json: Json = False,
) -> None:
    """Back up the workspace to one zip file."""
    with opened_workspace() as workspace:
        written = workspace.backup(out)
    if json:
        write_json({"out": str(written), "size_bytes": written.stat().st_size})
    else:
        write_line(f"{written}  {written.stat().st_size / 1e6:,.1f} MB")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="The backup to restore.")],
    json: Json = False,
) -> None:
    """Restore a backup into an empty workspace."""
    from embedlab.jobs.restoring import restore_workspace

    with opened_workspace() as workspace:
        restored = restore_workspace(workspace, file)
    if json:
        write_json({"restored": restored})
    else:
        write_line(", ".join(f"{number} {table}" for table, number in restored.items()))
