"""Names that users give to clusters stay with the embedding, and belong to these clusters only."""

from __future__ import annotations

import json

import pytest

from embedlab.core.errors import InputError, StorageError
from embedlab.workspace.cluster_names import CLUSTER_NAMES_FILE, cluster_names, rename_cluster
from embedlab.workspace.workspace import Workspace
from tests.workspaces import fill


@pytest.fixture
def embedding_id(workspace: Workspace) -> str:
    return fill(workspace).embedding


def test_names_are_stored_replaced_and_removed(workspace: Workspace, embedding_id: str) -> None:
    assert cluster_names(workspace, embedding_id, "ab") == {}
    rename_cluster(workspace, embedding_id, "ab", (0, 3), " Sea\nside ")
    rename_cluster(workspace, embedding_id, "ab", (2, 107), "<b>Food</b>")
    assert cluster_names(workspace, embedding_id, "ab") == {(0, 3): "Sea side", (2, 107): "<b>Food</b>"}
    assert rename_cluster(workspace, embedding_id, "ab", (0, 3), "  ") == {(2, 107): "<b>Food</b>"}


def test_names_of_other_clusters_are_left_out(workspace: Workspace, embedding_id: str) -> None:
    rename_cluster(workspace, embedding_id, "ab", (0, 0), "old")
    assert cluster_names(workspace, embedding_id, "cd") == {}
    rename_cluster(workspace, embedding_id, "cd", (0, 1), "new")
    assert cluster_names(workspace, embedding_id, "cd") == {(0, 1): "new"}


def test_names_are_bounded(workspace: Workspace, embedding_id: str) -> None:
    for group in range(3):
        assert len(rename_cluster(workspace, embedding_id, "ab", (0, group), "x" * 10_000)[0, group]) == 120
    path = workspace.layout.embedding(embedding_id) / CLUSTER_NAMES_FILE
    path.write_text(json.dumps({"digest": "ab", "names": {f"1.{group}": "x" for group in range(500)}}))
    rename_cluster(workspace, embedding_id, "ab", (1, 0), "y")
    with pytest.raises(InputError, match="500 clusters"):
        rename_cluster(workspace, embedding_id, "ab", (2, 0), "one more")


@pytest.mark.parametrize(
    "content", ["[]", '{"digest": "ab", "names": []}', '{"names": 3'], ids=["list", "names", "cut"]
)
def test_damaged_files_are_reported(workspace: Workspace, embedding_id: str, content: str) -> None:
    (workspace.layout.embedding(embedding_id) / CLUSTER_NAMES_FILE).write_text(content)
    with pytest.raises(StorageError):
        cluster_names(workspace, embedding_id, "ab")


def test_entries_of_another_form_are_left_out(workspace: Workspace, embedding_id: str) -> None:
    names = {"0.1": "good", "0.-1": "a", "x": "b", "0.2": 3, "0.3": " untidy "}
    path = workspace.layout.embedding(embedding_id) / CLUSTER_NAMES_FILE
    path.write_text(json.dumps({"digest": "ab", "names": names}))
    assert cluster_names(workspace, embedding_id, "ab") == {(0, 1): "good"}
