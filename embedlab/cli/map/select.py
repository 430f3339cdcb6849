"""`select`: keys of an embedding by name, metadata, cluster, neighborhood or place on a map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.asking.queries import EmbeddingName
from embedlab.cli.flags import Json
from embedlab.cli.output import write_json, write_note, write_table
from embedlab.cli.work import find_embedding, opened_workspace
from embedlab.core.errors import ConflictError, InputError, NotFoundError
from embedlab.core.files import atomic_file, check_output

if TYPE_CHECKING:
    from embedlab.core.embedding import Embedding, Vectors
    from embedlab.exploration.selections.selection import Mask, Selection
    from embedlab.workspace.rows import EmbeddingRow
    from embedlab.workspace.workspace import Workspace

#: Keys that the terminal lists without --limit.
_LISTED = 50


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(select)


def select(
    embedding: EmbeddingName,
    keys: Annotated[list[str] | None, typer.Option("--key", metavar="KEY", help="Select this key.")] = None,
    text: Annotated[
        list[str] | None, typer.Option("--text", help="Names that contain a text, ignoring case and accents.")
    ] = None,
    regex: Annotated[
        list[str] | None,
        typer.Option("--regex", metavar="PATTERN", help="Names that match a regular expression."),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option("--in", metavar="COLUMN", help="With --text and --regex: search this column instead of names."),
    ] = None,
    match_case: Annotated[bool, typer.Option("--match-case", help="With --regex: A and a are different.")] = False,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="CONDITION", help='For example "genre=Drama", "year=1990..1999", "rating>=4".'),
    ] = None,
    cluster: Annotated[
        list[str] | None, typer.Option("--cluster", metavar="NAME", help="Keys of a cluster, by its name or number.")
    ] = None,
    near: Annotated[str | None, typer.Option("--near", metavar="KEY", help="A key and its nearest neighbors.")] = None,
    k: Annotated[int, typer.Option("--k", help="With --near: number of neighbors.")] = 10,
    similarity: Annotated[
        float | None,
        typer.Option("--similarity", help="With --near: all keys with at least this cosine similarity instead."),
    ] = None,
    box: Annotated[
        str | None, typer.Option("--box", metavar="X,Y,X,Y", help="Keys in a box on a 2-D map, by two corners.")
    ] = None,
    lasso: Annotated[
        str | None, typer.Option("--lasso", metavar="X,Y,X,Y,...", help="Keys inside a polygon on a 2-D map.")
    ] = None,
    named: Annotated[list[str] | None, typer.Option("--named", metavar="NAME", help="A named selection.")] = None,
    any_of: Annotated[bool, typer.Option("--any", help="Keys that meet any of the conditions instead of all.")] = False,
    invert: Annotated[bool, typer.Option("--invert", help="Select all other keys instead.")] = False,
    save: Annotated[
        str | None, typer.Option("--save", metavar="NAME", help="Store the selection under this name.")
    ] = None,
    projection: Annotated[
        str | None,
        typer.Option("--projection", help="Map for --box, --lasso and coordinates; default: the newest in 2-D."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Write names, coordinates and metadata as .csv or .parquet, or keys as .txt."
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=0, help="List at most this many keys.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV to standard output.")] = False,
    json: Json = False,
) -> None:
    """Select keys of an embedding, and list, export or store them.

    Keys must meet all conditions. Clusters, named selections and the map page use the same selections.
    """
    from embedlab.exploration.selections.selection import Selection

    if json and csv:
        raise InputError("--json and --csv exclude each other.", remedy="Use one of them.")
    if out is not None:
        _writer(out)
        check_output(out)
    with opened_workspace() as workspace:
        row = find_embedding(workspace, embedding)
        loaded = workspace.load_embedding(row.id)
        coordinates = _coordinates(workspace, row, projection)
        conditions = [
            *_by_name(loaded, keys, text, regex, column, match_case=match_case),
            *_by_metadata(loaded, where),
            *_by_cluster(workspace, row, cluster),
            *_by_neighborhood(loaded, near, k, similarity),
            *_by_place(coordinates, box, lasso),
            *_by_named(workspace, row, named),
        ]
        if not conditions:
            raise InputError("Nothing says what to select.", remedy='For example --regex "^un" or --text sea.')
        mask = conditions[0][0].copy()
        for other, _ in conditions[1:]:
            mask = mask | other if any_of else mask & other
        steps = [(" or " if any_of else " and ").join(how for _, how in conditions)]
        selection = Selection.of_mask(mask, *steps)
        selection = selection.inverted() if invert else selection
        if save is not None:
            _store(workspace, row, save, selection)
        if out is not None:
            _write_file(loaded, selection, coordinates, out)
        _write(row, loaded, selection, coordinates, limit=limit, as_json=json, as_csv=csv, out=out)


_Condition = tuple["Mask", str]


def _by_name(
    embedding: Embedding,
    keys: Sequence[str] | None,
    texts: Sequence[str] | None,
    patterns: Sequence[str] | None,
    column: str | None,
    *,
    match_case: bool,
) -> list[_Condition]:
    import numpy as np

    from embedlab.exploration.asking.spelling import find_key
    from embedlab.exploration.selections.texts import containing, matching

    inside = "names" if column is None else column
    conditions = [(containing(embedding, each, column), f"{inside} contain {each}") for each in texts or []]
    conditions += [
        (matching(embedding, each, column, match_case=match_case), f"{inside} match {each}") for each in patterns or []
    ]
    if keys:
        mask = np.zeros(embedding.n_keys, dtype=np.bool_)
        mask[[embedding.index(find_key(embedding, key)) for key in keys]] = True
        conditions.append((mask, f"{len(keys)} keys"))
    return conditions


def _by_metadata(embedding: Embedding, conditions: Sequence[str] | None) -> list[_Condition]:
    from embedlab.exploration.selections.filters import parse_filter

    filters = [parse_filter(each, embedding.metadata) for each in conditions or []]
    return [(each.mask(embedding), each.text) for each in filters]


def _by_cluster(workspace: Workspace, row: EmbeddingRow, names: Sequence[str] | None) -> list[_Condition]:
    from embedlab.exploration.selections.groups import group_named, in_groups
    from embedlab.jobs.clusters.stored_clusters import load_clusters

    if not names:
        return []
    clusters = load_clusters(workspace, row)
    if clusters is None:
        raise ConflictError("This embedding has no clusters yet.", remedy="Open its map to compute them.")
    groups = [group_named(clusters.names, name) for name in names]
    return [(in_groups(clusters.codes, groups), f"cluster {' or '.join(clusters.names[group] for group in groups)}")]


def _by_neighborhood(embedding: Embedding, key: str | None, k: int, similarity: float | None) -> list[_Condition]:
    from embedlab.exploration.selections.neighborhoods import nearest_keys, within_similarity

    if key is None:
        if similarity is not None:
            raise InputError("--similarity needs a key.", remedy="Add --near KEY.")
        return []
    if similarity is not None:
        return [(within_similarity(embedding, key, similarity), f"cosine similarity to {key} at least {similarity:g}")]
    return [(nearest_keys(embedding, key, k), f"{key} and its {k} nearest neighbors")]


def _by_place(coordinates: Vectors | None, box: str | None, lasso: str | None) -> list[_Condition]:
    from embedlab.exploration.selections.areas import area_of, in_area

    areas = [(name, text) for name, text in (("box", box), ("lasso", lasso)) if text is not None]
    if areas and (coordinates is None or coordinates.shape[1] != 2):
        raise ConflictError("A box or a lasso needs a 2-D map.", remedy="Choose one with --projection.")
    conditions: list[_Condition] = []
    for name, text in areas:
        try:
            numbers = [float(each) for each in text.replace(" ", ",").split(",") if each]
        except ValueError as error:
            raise InputError(f"--{name} needs numbers.", received=text, remedy="Separate them by commas.") from error
        if coordinates is not None:
            conditions.append((in_area(coordinates, area_of({name: numbers}, 2)), f"a {name}"))
    return conditions


def _by_named(workspace: Workspace, row: EmbeddingRow, names: Sequence[str] | None) -> list[_Condition]:
    from embedlab.exploration.selections.encoding import from_text
    from embedlab.workspace.selections import named_selections

    if not names:
        return []
    stored = named_selections(workspace, row.id)
    conditions: list[_Condition] = []
    for name in names:
        selection = from_text(stored[name], row.n_keys) if name in stored else None
        if selection is None:
            listed = ", ".join(stored) or "none"
            raise NotFoundError("There is no such named selection.", received=name, remedy=f"Named: {listed}.")
        conditions.append((selection.mask, f"selection {name}"))
    return conditions


def _coordinates(workspace: Workspace, row: EmbeddingRow, projection_id: str | None) -> Vectors | None:
    maps = workspace.projections(row.id)
    if projection_id is None:
        flat = [each for each in maps if each.n_components == 2]
        return workspace.coordinates(flat[-1].id) if flat else None
    if projection_id not in {each.id for each in maps}:
        raise NotFoundError("There is no such map of all points of this embedding.", received=projection_id)
    return workspace.coordinates(projection_id)


def _store(workspace: Workspace, row: EmbeddingRow, name: str, selection: Selection) -> None:
    from embedlab.exploration.selections.encoding import as_text
    from embedlab.workspace.selections import keep_selection

    if not selection.count:
        raise InputError("Nothing is selected, so nothing is stored.", received=name)
    keep_selection(workspace, row.id, name, as_text(selection))


def _writer(out: Path) -> Callable[[Embedding, Selection, Any], bytes]:
    from embedlab.export.tables import rows_as_csv, rows_as_parquet, rows_as_text

    writers: dict[str, Callable[[Embedding, Selection, Any], bytes]] = {
        ".csv": lambda embedding, selection, at: rows_as_csv(embedding, selection.rows, at),
        ".parquet": lambda embedding, selection, at: rows_as_parquet(embedding, selection.rows, at),
        ".txt": lambda embedding, selection, _: rows_as_text(embedding, selection.rows),
    }
    if out.suffix.lower() not in writers:
        raise InputError("The file's ending sets its format.", received=str(out), remedy="Use .csv, .parquet or .txt.")
    return writers[out.suffix.lower()]


def _write_file(embedding: Embedding, selection: Selection, coordinates: Vectors | None, out: Path) -> None:
    content = _writer(out)(embedding, selection, coordinates)
    with atomic_file(out) as stream:
        stream.write(content)


def _write(
    row: EmbeddingRow,
    embedding: Embedding,
    selection: Selection,
    coordinates: Vectors | None,
    *,
    limit: int | None,
    as_json: bool,
    as_csv: bool,
    out: Path | None,
) -> None:
    rows = selection.rows if limit is None else selection.rows[:limit]
    if as_json:
        listed = [[embedding.keys[at], embedding.labels[at]] for at in rows]
        about = {"embedding": row.id, "count": selection.count, "n_keys": row.n_keys, "how": list(selection.steps)}
        write_json({**about, "keys": listed, **({"out": str(out)} if out is not None else {})})
        return
    if as_csv:
        import sys

        from embedlab.export.tables import rows_as_csv

        sys.stdout.write(rows_as_csv(embedding, rows, coordinates).decode())
        return
    write_note(f"{selection.count:,} of {row.n_keys:,} keys: {'; '.join(selection.steps)}")
    if out is not None:
        write_note(f"Written to {out}")
        return
    shown = rows if limit is not None else rows[:_LISTED]
    labeled = any(embedding.keys[at] != embedding.labels[at] for at in shown)
    write_table(
        ["key", *(["label"] if labeled else [])],
        [(embedding.keys[at], *([embedding.labels[at]] if labeled else [])) for at in shown],
        empty="No keys.",
    )
    if len(shown) < selection.count:
        write_note(f"{selection.count - len(shown):,} more; --limit lists more, --out writes all.")
