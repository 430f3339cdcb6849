"""Layouts by content: the same vectors, method, parameters, start and seed are the same map, computed once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from embedlab.projections.base import ProjectionMethod
from embedlab.projections.points import Coordinates
from embedlab.workspace.rows import ProjectionRow
from embedlab.workspace.tables import projections
from embedlab.workspace.workspace import Workspace

#: Field of a map's quality: how it was laid out.
LAYOUT = "layout"


def layout_key(
    method: ProjectionMethod[Any],
    vectors_digest: str,
    names: Sequence[str],
    parameters: Mapping[str, Any],
    n_components: int,
    seed: int,
    start: Coordinates | None,
    n_sampled: int,
) -> str:
    """Return a digest of everything that decides a layout.

    Parameters
    ----------
    names
        Keys and labels; they count only for methods that use them.
    start
        Coordinates it starts from; None for the method's own start.
    n_sampled
        Number of points that the method lays out itself.
    """
    parts = {
        "vectors": vectors_digest,
        "method": [method.name, *versions(method)],
        "names": _digest("\0".join(names).encode(errors="surrogatepass")) if method.uses_names else "",
        "parameters": dict(parameters),
        "n_components": n_components,
        "seed": seed if method.uses_seed else 0,
        "start": "" if start is None else _digest(np.ascontiguousarray(start, "<f4").tobytes()),
        "n_sampled": n_sampled,
    }
    return _digest(json.dumps(parts, sort_keys=True).encode())


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def layout_of(row: ProjectionRow) -> Mapping[str, Any]:
    """Return how a map was laid out; empty for maps of earlier versions."""
    layout = row.quality.get(LAYOUT)
    return layout if isinstance(layout, dict) else {}


def find_layout(workspace: Workspace, key: str, method: str, embedding_id: str) -> ProjectionRow | None:
    """Return a map with this layout in the workspace, if possible one of this embedding."""
    maps = workspace.catalog.find(projections, projections.c.method == method)
    same = [row for row in maps if row.n_isolated is None and layout_of(row).get("key") == key]
    return min(same, key=lambda row: row.embedding_id != embedding_id, default=None)


def find_same_request(
    workspace: Workspace,
    embedding_id: str,
    method: ProjectionMethod[Any],
    n_components: int,
    parameters: Mapping[str, Any],
    seed: int,
    start_from: str | None = None,
) -> ProjectionRow | None:
    """Return the finished map of an embedding that a request would compute again; None if there is none.

    A map that was stopped early is another one. Reads no vectors.
    """
    defaults = method.parameters_class().model_dump(mode="json")
    for row in workspace.projections(embedding_id):
        layout = layout_of(row)
        # Maps of earlier versions lack parameters that have been added since.
        is_same = {**defaults, **row.parameters} == parameters
        is_same = is_same and (row.method, row.n_components) == (method.name, n_components)
        is_seed = not method.uses_seed or row.seed == seed
        # What decides a map may have changed with the version; earlier maps do not say theirs.
        is_current = layout.get("versions") in (None, versions(method))
        starts_there = layout.get("start_from") == start_from
        if is_same and is_seed and is_current and starts_there and "stopped_after" not in layout:
            return row
    return None


def versions(method: ProjectionMethod[Any]) -> list[Any]:
    """Return the versions of a method and its libraries, which are part of a layout's key."""
    return [method.version, *(_version(each) for each in method.libraries)]
