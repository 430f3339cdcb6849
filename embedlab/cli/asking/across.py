"""`across`: from a thing of one kind to the nearest things of the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from embedlab.cli.flags import Json, TopN
from embedlab.cli.importing.job import check_file, reading_errors
from embedlab.cli.output import write_json, write_note, write_table
from embedlab.cli.work import opened_workspace
from embedlab.core.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(across)


def across(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run trained on pairs.")],
    value: Annotated[
        str | None, typer.Argument(metavar="[VALUE]", help="A text, an id, or tags: known ones or a new text.")
    ] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="Kind of the value: the name of its column; default: the left one.")
    ] = "",
    image: Annotated[Path | None, typer.Option("--image", help="A picture instead of a value.")] = None,
    to: Annotated[
        list[str] | None, typer.Option("--to", help="Kind of the answers; can be repeated; default: all others.")
    ] = None,
    topn: TopN = 10,
    json: Json = False,
) -> None:
    """Find the things of other kinds that are nearest to a text, an id, tags or a picture.

    With --json, {"kind", "n_known", "n_tokens", "answers": {kind: [[key, label, cosine], ...]}}; tokens are the words
    of a text, the tags of a cell, or the id itself.
    """
    from embedlab.exploration.new_things.across_kinds import near_image, near_value
    from embedlab.jobs.inference import open_ability
    from embedlab.kinds.pairs.dataset import THINGS
    from embedlab.models.contract.things import PlacesThings

    if (value is None) == (image is None):
        raise InputError("Give one thing.", remedy="Use either VALUE or --image.")
    with opened_workspace() as workspace:
        placer = open_ability(workspace, run, PlacesThings)
        things = workspace.load_embedding(workspace.resolve_embedding(f"{run}/{THINGS}").id)
        if image is not None:
            found = near_image(placer, things, _content(image), topn, kind, to or ())
        else:
            found = near_value(placer, things, kind or placer.kinds[0].name, value or "", topn, to or ())
    if json:
        answers = {
            name: [[each.key, each.label, float(each.score)] for each in of_kind]
            for name, of_kind in found.answers.items()
        }
        write_json({"kind": found.kind, "n_known": found.n_known, "n_tokens": found.n_tokens, "answers": answers})
        return
    if found.n_known < found.n_tokens:
        write_note(f"{found.n_known:,} of {found.n_tokens:,} words or tags are known.")
    rows = [(name, each.label, f"{each.score:.4f}") for name, of_kind in found.answers.items() for each in of_kind]
    write_table(["kind", "thing", "cosine"], rows, empty="No answers.")


def _content(path: Path) -> bytes:
    from embedlab.reading.pictures import MOST_BYTES

    with reading_errors(path), check_file(path).open("rb") as stream:
        # One byte above the bound, so that decoding refuses it.
        return stream.read(MOST_BYTES + 1)
