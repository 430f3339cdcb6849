"""Scores added to runs that ended before: none is lost, and what was deleted does not come back."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedlab.core.files import read_json
from embedlab.evaluation.stability import Stability
from embedlab.jobs.kinds import rescoring
from embedlab.jobs.kinds.rescoring import add_scores, update_folders
from embedlab.jobs.stability import SHARES_FILE, save_stability
from embedlab.workspace.catalog import new_id
from embedlab.workspace.workspace import Workspace
from tests.workspaces import fill

N_EACH = 12


def test_two_who_add_scores_at_once_lose_none(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = fill(workspace).run
    put_together = rescoring.with_newer

    def slowly(*arguments: Any) -> dict[str, Any]:
        # Time enough for the other to read before this one writes.
        time.sleep(0.02)
        return put_together(*arguments)

    monkeypatch.setattr(rescoring, "with_newer", slowly)
    together, errors = threading.Barrier(2), []

    def add(name: str) -> None:
        try:
            for number in range(N_EACH):
                together.wait(timeout=60)
                with workspace.transaction() as connection:
                    add_scores(connection, run_id, {f"{name}{number}": {"score": number}})
        except Exception as error:
            errors.append(error)
            together.abort()

    threads = [threading.Thread(target=add, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert workspace.run(run_id).scores.keys() == {f"{name}{number}" for name in "ab" for number in range(N_EACH)}


def test_a_second_writer_waits_until_the_first_is_through(workspace: Workspace) -> None:
    run_id = fill(workspace).run
    has_read, may_write, done = threading.Event(), threading.Event(), threading.Event()

    def second() -> None:
        assert has_read.wait(60)
        may_write.set()
        with workspace.transaction() as connection:
            add_scores(connection, run_id, {"second": {"score": 2}})
        done.set()

    thread = threading.Thread(target=second)
    thread.start()
    with workspace.transaction() as connection:
        add_scores(connection, run_id, {"first": {"score": 1}})
        has_read.set()
        assert may_write.wait(60)
        # The other has begun, and gets no further.
        assert not done.wait(0.3)
    thread.join(60)
    assert done.is_set()
    assert workspace.run(run_id).scores.keys() == {"first", "second"}


def test_scores_of_a_run_that_is_gone_are_left_alone(workspace: Workspace) -> None:
    with workspace.transaction() as connection:
        add_scores(connection, new_id(), {"a": 1})


def test_those_that_give_way_go_and_all_others_stay(workspace: Workspace) -> None:
    run_id = fill(workspace).run
    with workspace.transaction() as connection:
        add_scores(connection, run_id, {"a": 1, "b": 2})
    with workspace.transaction() as connection:
        add_scores(connection, run_id, {"c": 3}, instead_of=("a",))
    assert workspace.run(run_id).scores == {"b": 2, "c": 3}


# Deleted meanwhile


def test_a_deleted_run_gets_no_stability_and_no_folder(workspace: Workspace) -> None:
    filled = fill(workspace)
    run = workspace.run(filled.run)
    found = Stability(["a", "b"], np.array([0.5, 1.0], np.float32), 1, 2)
    save_stability(workspace, run, found)
    assert (workspace.run_folder(run.id) / SHARES_FILE).exists()
    workspace.delete_run(run.id)
    save_stability(workspace, run, found)
    assert not workspace.run_folder(run.id).exists()


def test_a_run_deleted_while_its_stability_is_written_does_not_come_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = workspace.run(fill(workspace).run)
    load = workspace.load_embedding

    def load_and_lose(embedding_id: str) -> object:
        embedding = load(embedding_id)
        workspace.delete_run(run.id)
        return embedding

    monkeypatch.setattr(workspace, "load_embedding", load_and_lose)
    save_stability(workspace, run, Stability(["a"], np.array([1.0], np.float32), 1, 2))
    assert not workspace.run_folder(run.id).exists()


def test_scores_are_told_to_the_folders_of_their_runs(workspace: Workspace) -> None:
    run_id = fill(workspace).run
    with workspace.transaction() as connection:
        add_scores(connection, run_id, {"a": 1})
    update_folders(workspace, [new_id(), run_id])
    assert read_json(workspace.run_folder(run_id) / "run.json")["scores"] == {"a": 1}


def test_a_run_deleted_while_its_folder_is_told_does_not_come_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = workspace.run(fill(workspace).run)

    def read_and_lose(path: Path) -> dict[str, str]:
        shutil.rmtree(path.parent)
        return {"id": row.id}

    monkeypatch.setattr(rescoring, "read_json", read_and_lose)
    update_folders(workspace, [row.id])
    assert not workspace.run_folder(row.id).exists()
