"""Wines from import to their map, and a new row placed among them, by page and by command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from embedlab.cli.app import main
from embedlab.core.roles import first_color
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.samples.shipped import sample, write_sample
from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace

Open = Callable[..., AppTest]


@pytest.fixture
def run(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunRow:
    """PCA whitening of the wines."""
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    path, chosen, jobs = write_sample("wine", tmp_path).path, sample("wine"), Jobs(workspace)
    upload = workspace.stage_upload(path, path.name)
    assert execute(workspace, jobs.submit_import(upload.id, chosen.kind, {}, "wines").id)
    job = jobs.submit_training(workspace.datasets()[0].id, chosen.model, chosen.parameters)
    assert execute(workspace, job.id)
    return workspace.run(job.id)


def test_wines_of_a_cultivar_are_neighbors_and_a_new_one_is_placed(
    open_page: Open, workspace: Workspace, run: RunRow, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.scores["test_knn_accuracy"] > 0.9
    assert run.scores["label_column"] == "cultivar"
    assert workspace.dataset(run.dataset_id).counts["numbers"] == 13
    row = workspace.resolve_embedding(f"{run.id}/rows")
    embedding = workspace.load_embedding(row.id)
    assert embedding.keys[:2] == ["wine 001", "wine 002"]
    assert first_color("rows", embedding.metadata) == "cultivar"
    app = open_page("ask", embedding=row.id, view="row")
    assert not app.exception
    # The page waits for a number.
    assert any("begins with the center of each column" in each.value for each in app.caption)
    scores = open_page("runs", run=run.id)
    assert not scores.exception
    assert any("It is a PCA" in each.value for each in scores.success)
    table = next(each.value for each in scores.dataframe if "Vectors" in each.value)
    assert [name for name in table.columns if ":" not in name] == [
        "Vectors",
        "test_explained_variance",
        "neighbor_recall@10",
        "test_knn_accuracy",
    ]
    compared = open_page("runs", view="compare", dataset=run.dataset_id)
    assert not compared.exception
    # No model that needs a target is offered, and no test of words applies to rows.
    offered = next(box for box in compared.selectbox if box.label == "Model").options
    assert offered[0] == "PCA whitening"
    assert "Entity embeddings" not in offered
    assert not any("Checks and test files" in each.value for each in compared.markdown)
    new = tmp_path / "new.csv"
    lines = (tmp_path / "wine.csv").read_text(encoding="utf-8").splitlines()
    new.write_text("\n".join([lines[0], lines[60]]) + "\n", encoding="utf-8")
    assert main(["similar-rows", run.id, "--file", str(new), "--topn", "2", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["known_columns"] == 13
    assert found["neighbors"][0][0] == "wine 060"
    assert found["neighbors"][0][2] == pytest.approx(1, abs=1e-5)
    assert main(["similar-rows", run.id, "--value", "alcohol=14.2", "--value", "proline=1200", "--topn", "3"]) == 0
    assert "wine 0" in capsys.readouterr().out
    for wrong in ([], ["--value", "alcohol"], ["--value", "price=3"], ["--value", "alcohol=1", "--file", str(new)]):
        assert main(["similar-rows", run.id, *wrong]) == 2
