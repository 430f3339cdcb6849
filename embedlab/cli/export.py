"""`project`, `export`, `script`: maps, vectors and training scripts for other programs."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.asking.queries import EmbeddingName
from embedlab.cli.flags import Json, Settings, parse_settings
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import find_embedding, follow, opened_jobs, opened_workspace
from embedlab.core.errors import ConflictError, NotFoundError, StorageError
from embedlab.core.files import atomic_file, check_output
from embedlab.core.plain import spreadsheet_safe

if TYPE_CHECKING:
    from embedlab.core.embedding import Embedding, Vectors
    from embedlab.exploration.selections.selection import Selection
    from embedlab.jobs.jobs import Jobs
    from embedlab.workspace.rows import EmbeddingRow, ProjectionRow
    from embedlab.workspace.workspace import Workspace


#: What `--json` says about the layout of a map.
_LAYOUT_FIELDS = ("n_sampled", "approximate_neighbors", "start_from", "start_title", "stopped_after")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (project, export, script):
        app.command()(command)


def project(
    embedding: EmbeddingName,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="The file to write.")],
    method: Annotated[
        str | None,
        typer.Option("--method", help="Name of a method, as listed by methods; default: the fastest one."),
    ] = None,
    dims: Annotated[int, typer.Option("--dims", help="Number of dimensions, 2 or 3.")] = 2,
    settings: Settings = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, max=2**31 - 1, help="Random seed; the same seed gives the same map.")
    ] = 0,
    start_from: Annotated[
        str | None,
        typer.Option("--start-from", metavar="PROJECTION", help="Id of a map of the embedding to start from."),
    ] = None,
    named: Annotated[
        str | None,
        typer.Option("--named", metavar="SELECTION", help="Isolate a named selection of the map: project it alone."),
    ] = None,
    json: Json = False,
) -> None:
    """Project an embedding to 2 or 3 dimensions, write keys, labels and coordinates, and show the map's quality."""
    from embedlab.jobs.layouts.identity import layout_of
    from embedlab.projections.trust.verdict import verdict

    check_output(out)
    with opened_jobs() as jobs:
        row = find_embedding(jobs.workspace, embedding)
        selection = None if named is None else _named_selection(jobs.workspace, row, named)
        projection, reused = find_or_make_projection(jobs, row, method, dims, settings, seed, start_from, selection)
        coordinates = jobs.workspace.coordinates(projection.id)
        points = jobs.workspace.load_embedding(row.id)
        rows = jobs.workspace.isolated_rows(projection.id)
        _write_coordinates(points if rows is None else points.subset(rows), coordinates, out)
    if json:
        layout = {name: value for name, value in layout_of(projection).items() if name in _LAYOUT_FIELDS}
        result: dict[str, Any] = {"projection": projection.id, "embedding": row.id, "out": str(out)}
        result |= {"reused": reused, "layout": layout}
        result |= {"n_keys": len(coordinates), "method": projection.method, "quality": projection.quality}
        write_json({**result, "verdict": verdict(projection.quality)})
    else:
        if reused:
            write_note("This map existed already, so it was not computed again.")
        write_line(f"{len(coordinates):,} points written to {out}")
        _write_quality(projection.quality)


def _named_selection(workspace: Workspace, row: EmbeddingRow, name: str) -> Selection:
    from embedlab.exploration.selections.encoding import from_text
    from embedlab.workspace.selections import named_selections

    selections = named_selections(workspace, row.id)
    if name not in selections:
        known = f"Its named selections: {', '.join(selections)}." if selections else "Name one on the Map page."
        raise NotFoundError("This embedding has no selection of this name.", received=name, remedy=known)
    selection = from_text(selections[name], row.n_keys, name)
    if selection is None:
        raise StorageError("The rows of this selection are damaged.", received=name)
    return selection


def _write_quality(quality: Mapping[str, Any]) -> None:
    from embedlab.projections.trust.verdict import MEASURES, measured, random_values, verdict

    values, random = measured(quality), random_values(quality)
    rows = [
        (each.title, each.text(values[each.name]), each.text(random.get(each.name)), each.text(each.best), each.meaning)
        for each in MEASURES
        if each.name in values
    ]
    for reason in dict.fromkeys(quality.get("not_computed", {}).values()):
        write_note(reason)
    if rows:
        write_table(("Quality of the map", "map", "random", "best", "meaning"), rows, empty="")
    if sentence := verdict(quality):
        write_line(sentence)


def find_or_make_projection(
    jobs: Jobs,
    row: EmbeddingRow,
    method: str | None,
    n_components: int,
    settings: list[str] | None,
    seed: int,
    start_from: str | None = None,
    isolated: Selection | None = None,
) -> tuple[ProjectionRow, bool]:
    """Return the requested projection of all points or of `isolated` ones, and whether it existed already."""
    from embedlab.core.durations import rough_duration
    from embedlab.jobs.jobs import raise_error_of
    from embedlab.jobs.layouts.identity import find_same_request
    from embedlab.projections.registry import first_method
    from embedlab.projections.registry import method as method_of
    from embedlab.projections.sampling import plan_layout

    chosen = first_method() if method is None else method_of(method)
    values = parse_settings(settings, chosen.parameters_class.model_json_schema())
    n_points = row.n_keys if isolated is None else isolated.count
    parameters = chosen.completed(values, n_points)
    checked = parameters.model_dump(mode="json")
    if isolated is None:
        same = find_same_request(jobs.workspace, row.id, chosen, n_components, checked, seed, start_from)
        if same is not None:
            return same, True
    most_seconds = jobs.workspace.settings.map_time_s
    plan = plan_layout(chosen, n_points, row.vector_size, n_components, parameters, most_seconds)
    if plan.is_sample:
        write_note(plan.sentence)
    write_note(f"Takes about {rough_duration(max(1.0, plan.seconds))}.")
    submitted = jobs.submit_projection(row.id, chosen.name, n_components, values, seed, start_from, isolated)
    job = follow(jobs, submitted.id)
    raise_error_of(job)
    result = job.result or {}
    return jobs.workspace.projection(result["projection_id"]), result.get("reused") is True


def _write_coordinates(embedding: Embedding, coordinates: Vectors, out: Path) -> None:
    names = ["x", "y", "z"][: coordinates.shape[1]]
    with atomic_file(out, "w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["key", "label", *names])
        for key, label, point in zip(embedding.keys, embedding.labels, coordinates.tolist(), strict=True):
            table.writerow([spreadsheet_safe(key), spreadsheet_safe(label), *point])


def export(
    embedding: EmbeddingName,
    format: Annotated[str, typer.Option("--format", help="word2vec, word2vec-binary, kv, tsv, parquet or csv.")],  # noqa: A002
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help="The file to write.")],
    projection: Annotated[
        str | None,
        typer.Option(help="Projection whose coordinates parquet and csv include; default: the newest in 2-D."),
    ] = None,
    json: Json = False,
) -> None:
    """Export an embedding for other programs; existing files are replaced."""
    from embedlab.export.formats import export_embedding, export_format

    export_format(format)
    check_output(out)
    with opened_workspace() as workspace:
        row = find_embedding(workspace, embedding)
        coordinates = _coordinates(workspace, row.id, projection)
        files = export_embedding(workspace.load_embedding(row.id), format, out, coordinates=coordinates)
    if json:
        write_json({"embedding": row.id, "format": format, "files": [str(file) for file in files]})
    else:
        for file in files:
            write_line(str(file))


def script(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a finished run.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.zip", help="The zip file to write.")],
    json: Json = False,
) -> None:
    """Export a short Python script that reproduces a run without EmbedLab, with its data."""
    from embedlab.jobs.reproduction import write_bundle

    check_output(out)
    with opened_workspace() as workspace:
        written = write_bundle(workspace, run, out)
    if json:
        write_json({"run": run, "out": str(written)})
    else:
        write_line(str(written))


def _coordinates(workspace: Workspace, embedding_id: str, projection_id: str | None) -> Vectors | None:
    if projection_id is not None:
        chosen = workspace.projection(projection_id)
        if chosen.embedding_id != embedding_id:
            raise ConflictError("The projection belongs to another embedding.", received=projection_id)
        return workspace.coordinates(chosen.id)
    flat = [row for row in workspace.projections(embedding_id) if row.n_components == 2]
    return workspace.coordinates(flat[-1].id) if flat else None
