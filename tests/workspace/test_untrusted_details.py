"""Details and scores of an untrusted backup: those that no page can read are refused, for every kind of data."""

from __future__ import annotations

import copy
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from embedlab.core.errors import InputError
from embedlab.jobs.kinds.registry import request_classes
from embedlab.workspace.backup import CATALOG_FILE
from embedlab.workspace.backup_rows import checked_rows
from tests.workspace.old_backups import write_old_backup

Change = Callable[[dict[str, Any]], None]


def _set(table: str, **values: object) -> Change:
    return lambda about: about["tables"][table][0].update(values)


_COUNTS = {"documents": 2, "tokens": 4, "vocabulary": 4}
_COLUMN = {"name": "a", "type": "number", "is_used": True, "reasons": [], "n_values": 3, "n_missing": 0}
_THINGS = {"name": "a", "form": "id", "side": "left", "values": 1, "missing": 0, "vocabulary": 1, "pairs": 1}
_KINDS: dict[str, tuple[dict[str, int], dict[str, Any]]] = {
    "table": (
        {"rows": 3, "columns": 1, "values": 0},
        {"columns": [_COLUMN], "target": {"name": "a", "n_classes": 0, "is_log": False, "may_be_log": False}},
    ),
    "sequences": (
        {"events": 3, "sequences": 1, "users": 1, "items": 2},
        {"lengths": {"median": 3.0, "longest": 3, "share_of_one": 0.0}, "order": {"sentence": "It matters."}},
    ),
    "images": (
        {"images": 2, "labels": 1, "pixels": 4, "channels": 1},
        {"labels": {"different": 1, "missing": 0, "most_frequent": [{"label": "a", "images": 2}]}},
    ),
    "pairs": (
        {"pairs": 3, "left": 1, "right": 1, "values": 2, "inputs": 6},
        {"kinds": [{**_THINGS, "frequent": [["a", 1]]}, {**_THINGS, "frequent": []}]},
    ),
    "graph": (
        {"nodes": 3, "edges": 2},
        {"degrees": {"from": [1], "to": [1], "nodes": [3]}, "components": {"count": 1, "largest": [3]}},
    ),
}


def _dataset_of(kind: str, *path: Any, value: Any = None) -> Change:
    """Return the change to a dataset of a kind, with another value at a path in its details."""
    counts, details = copy.deepcopy(_KINDS[kind])
    if path:
        parent: Any = details
        for name in path[:-1]:
            parent = parent[name]
        parent[path[-1]] = value
    return _set("datasets", kind=kind, counts=counts, details=details, protocol=None)


def _checked(folder: Path, change: Change) -> dict[str, Any]:
    """Return the rows of a changed backup as they are restored."""
    with zipfile.ZipFile(write_old_backup(folder / "b.zip", "0002")) as archive:
        about = json.loads(archive.read(CATALOG_FILE))
    change(about)
    return checked_rows(about, request_classes())


@pytest.mark.parametrize("kind", _KINDS)
def test_details_that_pages_can_read_come_back(tmp_path: Path, kind: str) -> None:
    (row,) = _checked(tmp_path, _dataset_of(kind))["datasets"]
    assert (row["counts"], row["details"]) == _KINDS[kind]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_dataset_of("table", "columns", value=[7]), id="table-number-for-a-column"),
        pytest.param(_dataset_of("table", "columns", 0, "reasons", value="text"), id="table-text-for-reasons"),
        pytest.param(_dataset_of("table", "target", "n_classes", value=None), id="table-no-number-of-classes"),
        pytest.param(_dataset_of("sequences", "lengths", "median", value="x"), id="sequences-text-for-a-length"),
        pytest.param(_dataset_of("sequences", "share_of_repeats", value=[1]), id="sequences-list-for-a-share"),
        pytest.param(_dataset_of("images", "labels", value=None), id="images-no-labels"),
        pytest.param(_dataset_of("images", "labels", "missing", value=-1), id="images-negative-count"),
        pytest.param(_dataset_of("pairs", "kinds", value=[{}]), id="pairs-one-kind"),
        pytest.param(_dataset_of("pairs", "kinds", 0, "frequent", value=[[1]]), id="pairs-half-a-count"),
        pytest.param(_dataset_of("graph", "degrees", "to", value=[1, 2]), id="graph-bins-that-do-not-match"),
        pytest.param(_dataset_of("graph", "components", value={"largest": "x"}), id="graph-text-for-sizes"),
        pytest.param(_dataset_of("graph", "hierarchy", value={"roots": 1}), id="graph-half-a-hierarchy"),
        pytest.param(_dataset_of("graph", "read", value={"assumptions": 7}), id="number-for-assumptions"),
        pytest.param(_set("datasets", kind="graph", counts={"nodes": 3}), id="graph-without-edges"),
        pytest.param(_set("datasets", counts={}), id="text-without-counts"),
        pytest.param(_set("datasets", counts={"documents": 2, "tokens": 4}), id="text-without-a-vocabulary"),
        pytest.param(_set("datasets", kind="ratings", counts={"ratings": 3}), id="ratings-without-users"),
        pytest.param(_set("datasets", kind="vectors", counts={"keys": 3}), id="vectors-without-a-size"),
        pytest.param(_set("datasets", counts={**_COUNTS, "tokens": -4}), id="negative-count"),
        pytest.param(_set("datasets", counts={**_COUNTS, "tokens": 1e299}), id="count-beyond-any-disk"),
        pytest.param(_set("runs", scores={"confusion": {"classes": ["a"], "counts": [[1, 2]]}}), id="confusion"),
        pytest.param(_set("runs", scores={"n_new_targets": [1]}), id="list-for-a-number-of-cases"),
        pytest.param(_set("runs", scores={"feature_use": {"score": "r2"}}), id="half-a-use-of-vectors"),
        pytest.param(_set("runs", scores={"places": {"zip": {"points": [{"key": "a"}]}}}), id="place-without-a-place"),
    ],
)
def test_details_and_scores_that_no_page_can_read_are_refused(tmp_path: Path, change: Change) -> None:
    with pytest.raises(InputError, match="does not write"):
        _checked(tmp_path, change)
