"""Distortion and distorted pairs of stored maps: computed once, and from whatever an embedding contains."""

from __future__ import annotations

import logging
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError, StorageError
from embedlab.core.graph_file import StoredGraph
from embedlab.jobs import map_trust
from embedlab.projections.trust.distortion import Distortion
from embedlab.projections.trust.neighbor_sample import vectors_digest
from embedlab.workspace.workspace import Workspace
from tests.workspaces import Filled, fill


@pytest.fixture
def filled(workspace: Workspace) -> Filled:
    return fill(workspace)


def test_a_distortion_is_computed_once(workspace: Workspace, filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    first = map_trust.distortion_of(workspace, filled.projection)
    assert len(first.false_neighbors) == 4

    def no_more(*_: object, **__: object) -> Distortion:
        raise AssertionError("computed again")

    monkeypatch.setattr(map_trust, "map_distortion", no_more)
    again = map_trust.distortion_of(workspace, filled.projection)
    np.testing.assert_array_equal(again.missing_neighbors, first.missing_neighbors)


def test_the_neighbors_are_those_of_the_stored_graph(
    workspace: Workspace, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs = []

    def remember(*_: object, graph: object, **__: object) -> Distortion:
        graphs.append(graph)
        return Distortion(np.zeros(4, np.float32), np.zeros(4, np.float32), 4, 1)

    monkeypatch.setattr(map_trust, "map_distortion", remember)
    folder = workspace.layout.embedding(workspace.projection(filled.projection).embedding_id)
    digest = vectors_digest(workspace.load_embedding(folder.name).vectors)
    rows = np.array([[1, 2], [0, 2], [3, 0], [2, 1]], np.int32)
    for of, stored in (("0" * 32, rows), (digest, rows + 2), (digest, rows)):
        StoredGraph("cosine", True, of, stored).save(folder)
        map_trust.distortion_of(workspace, filled.projection)
        (workspace.layout.projection(filled.projection) / map_trust.DISTORTION_FILE).unlink()
    # Of other vectors, damaged, and right.
    assert graphs[:2] == [None, None]
    np.testing.assert_array_equal(graphs[2], rows)


def test_a_backup_leaves_it_out(workspace: Workspace, filled: Filled, tmp_path: Path) -> None:
    map_trust.distortion_of(workspace, filled.projection)
    with zipfile.ZipFile(workspace.backup(tmp_path / "backup.zip")) as archive:
        names = [name for name in archive.namelist() if filled.projection in name]
    assert [name.rpartition("/")[2] for name in names] == ["coordinates.npy"]


def test_a_full_disk_does_not_hide_the_distortion(
    workspace: Workspace, filled: Filled, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(Distortion, "save", full)
    with caplog.at_level(logging.WARNING):
        assert map_trust.distortion_of(workspace, filled.projection).k == 1
    assert "could not be stored" in caplog.text
    assert not (workspace.layout.projection(filled.projection) / map_trust.DISTORTION_FILE).exists()


def test_pairs_of_few_or_damaged_vectors_are_none_or_some(workspace: Workspace, filled: Filled) -> None:
    assert map_trust.pairs_of(workspace, filled.projection).n_sampled == 4
    vectors = np.full((4, 3), np.nan, np.float32)
    folder = workspace.layout.embedding(filled.embedding)
    shutil.rmtree(folder)
    Embedding(vectors, ["a", "b", "c", "d e"]).save(folder)
    found = map_trust.pairs_of(workspace, filled.projection)
    assert (found.torn, found.false) == ((), ())


def test_unknown_maps_and_unmeasured_stability_are_named(workspace: Workspace, filled: Filled) -> None:
    for compute in (map_trust.distortion_of, map_trust.pairs_of):
        with pytest.raises(NotFoundError):
            compute(workspace, "abcdefghij12")
    with pytest.raises(NotFoundError, match="not measured") as error:
        map_trust.stability_of(workspace, filled.embedding)
    assert "Compare seeds" in str(error.value.remedy)
    run = workspace.run(filled.run)
    row = workspace.embedding(filled.embedding)
    assert map_trust.can_have_stability(workspace, row, run)
    assert not map_trust.has_stability(workspace, row, run)
    assert not map_trust.can_have_stability(workspace, row, None)
