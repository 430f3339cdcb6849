"""`map`: a map as a file, a page that opens offline or a vector image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from embedlab.cli.asking.queries import EmbeddingName
from embedlab.cli.export import find_or_make_projection
from embedlab.cli.flags import Json, Settings
from embedlab.cli.output import write_json, write_line
from embedlab.cli.work import find_embedding, opened_jobs
from embedlab.core.errors import InputError, NotFoundError
from embedlab.core.files import atomic_file, check_output

if TYPE_CHECKING:
    from embedlab.exploration.clusters import Clusters
    from embedlab.workspace.rows import EmbeddingRow
    from embedlab.workspace.workspace import Workspace

_SUFFIXES = (".html", ".svg")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("map")(draw_map)


def draw_map(
    embedding: EmbeddingName,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write: .html or .svg.")],
    method: Annotated[
        str | None, typer.Option("--method", help="Name of a method, as listed by methods; default: the fastest one.")
    ] = None,
    dims: Annotated[int, typer.Option("--dims", help="Number of dimensions, 2 or 3.")] = 2,
    color: Annotated[
        str | None,
        typer.Option("--color", metavar="COLUMN", help="A metadata column, clusters or none; default: as on the page."),
    ] = None,
    settings: Settings = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Random seed.")] = 0,
    json: Json = False,
) -> None:
    """Draw a map into one file, with names and a legend.

    An HTML file contains an interactive figure and everything that it needs: it opens offline, takes about 5 MB more
    than its points, and shows at most 100,000 of them. An SVG file shows a map in 2-D. For PNG, use the Map page.
    """
    suffix = out.suffix.lower()
    if suffix not in _SUFFIXES:
        remedy = "Choose .html or .svg." + (" The Map page exports PNG." if suffix == ".png" else "")
        raise InputError("A map cannot be written in this format.", received=suffix or str(out), remedy=remedy)
    check_output(out)
    from embedlab.core.roles import border_of
    from embedlab.figures.map.page import map_page
    from embedlab.figures.map.source import picture_of
    from embedlab.figures.map.svg import map_svg
    from embedlab.projections.registry import title_of

    with opened_jobs() as jobs:
        row = find_embedding(jobs.workspace, embedding)
        projection, _ = find_or_make_projection(jobs, row, method, dims, settings, seed)
        vectors = jobs.workspace.load_embedding(row.id)
        column, clusters = _color(jobs.workspace, row, color)
        title = f"{row.title} · {title_of(projection.method)} {projection.n_components}-D"
        coordinates = jobs.workspace.coordinates(projection.id)
        border = border_of(row.name, row.vector_size, projection.method)
        picture = picture_of(title, vectors, coordinates, color=column, clusters=clusters, border=border)
        content = map_svg(picture) if suffix == ".svg" else map_page(picture)
    with atomic_file(out, "w", encoding="utf-8", errors="replace", newline="\n") as stream:
        stream.write(content)
    size = out.stat().st_size
    if json:
        write_json({"embedding": row.id, "projection": projection.id, "out": str(out), "size_bytes": size})
    else:
        write_line(f"{row.n_keys:,} points drawn in {out} ({size / 1e6:.1f} MB)")


def _color(workspace: Workspace, row: EmbeddingRow, color: str | None) -> tuple[str | None, Clusters | None]:
    """Return the column and the clusters to color by; without a choice, what the page begins with."""
    from embedlab.core.roles import first_color
    from embedlab.figures.map.source import CLUSTERS
    from embedlab.jobs.clusters.stored_clusters import load_clusters

    if color == "none":
        return None, None
    metadata = workspace.load_embedding(row.id).metadata
    column = first_color(row.name, metadata) if color is None else color
    if column is not None and (column in metadata.columns or column != CLUSTERS):
        return column, None
    clusters = load_clusters(workspace, row)
    if clusters is None and color is not None:
        raise NotFoundError(
            "This embedding has no clusters yet.", received=color, remedy="Open its map once, or choose a column."
        )
    return None, clusters
