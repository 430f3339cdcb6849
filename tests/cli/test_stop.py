"""A run that was stopped early says so; what is over cannot be stopped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from embedlab.cli.app import app
from embedlab.cli.train import write_run
from embedlab.core.kind import Kind
from embedlab.core.settings import Settings
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.stopped_early import stopped_early_entry
from embedlab.workspace.workspace import Workspace
from tests.workspaces import past_run


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Jobs, str]:
    """A workspace with a run that was stopped after two of six epochs."""
    monkeypatch.setenv("EMBEDLAB_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    workspace = Workspace.open(Settings(home=tmp_path / "home"))
    path = tmp_path / "text.txt"
    path.write_text("a b\nb a\n" * 5, encoding="utf-8")
    jobs = Jobs(workspace)
    job = jobs.submit_import(workspace.stage_upload(path, path.name).id, Kind.TEXT, {}, "text")
    assert execute(workspace, job.id)
    result = {"embeddings": {}, "scores": {}, **stopped_early_entry(2, 6)}
    return jobs, past_run(workspace, workspace.datasets()[0].id, "word2vec", {}, 1.0, result=result)


def test_a_stopped_run_says_at_which_epoch(stopped: tuple[Jobs, str], capsys: pytest.CaptureFixture[str]) -> None:
    write_run(*stopped, as_json=False)
    assert "Stopped early after epoch 2 of 6" in capsys.readouterr().out
    write_run(*stopped, as_json=True)
    output = json.loads(capsys.readouterr().out)
    assert output["stopped_early"] == {"epoch": 2, "n_epochs": 6}
    assert output["reproducible"] is False


def test_a_run_that_is_over_is_not_stopped(stopped: tuple[Jobs, str]) -> None:
    ended = CliRunner().invoke(app, ["stop", stopped[1]])
    assert ended.exit_code != 0
    assert "already ended" in f"{ended.output}{ended.exception}"
