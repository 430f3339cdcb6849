"""A run that learned no vectors: every page, comparison, backup and export works and says why there is no map."""

from __future__ import annotations

import zipfile

import pytest

from embedlab.core.settings import load_settings
from embedlab.jobs.candidates import candidate
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.inference import has_ability
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.reproduction import write_bundle
from embedlab.jobs.two_runs import compare_two
from embedlab.models.contract.abilities import Ranks
from embedlab.workspace import backup
from embedlab.workspace.workspace import Workspace
from tests.app.planted_ratings import write_planted
from tests.restoring import restore_backup

NO_VECTORS = "This model learns no vectors, so there is nothing to map or to query."


@pytest.fixture
def runs(workspace, tmp_path, monkeypatch):
    """Train popularity, and PureSVD before it, in this process."""
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    jobs = Jobs(workspace)
    ratings, _ = write_planted(tmp_path / "planted")
    upload = workspace.stage_upload(ratings, "ratings.csv")
    assert execute(workspace, jobs.submit_import(upload.id, "ratings", {}, "planted").id)
    dataset = workspace.datasets()[0]
    trained = {}
    for model in ("pure-svd", "popularity"):
        run_id = jobs.submit_training(dataset.id, model, {}).id
        assert execute(workspace, run_id)
        assert jobs.job(run_id).status == "succeeded", jobs.job(run_id).error
        trained[model] = workspace.run(run_id)
    return trained


def test_every_page_shows_the_run_or_says_why_it_has_nothing_to_show(runs, open_page, workspace):
    run = runs["popularity"]
    address = {"run": run.id, "dataset": run.dataset_id}
    shown = {}
    for name in ("start", "data", "train", "runs", "map", "ask", "recommend", "basics", "workspace"):
        view = {"view": "one"} if name == "runs" else {}
        app = open_page(name, **address, **view)
        assert not app.exception, name
        assert not app.error, name
        shown[name] = [each.value for each in (*app.markdown, *app.caption)]
    assert NO_VECTORS in shown["runs"]
    for name in ("map", "ask"):
        assert any("has no vectors, so there is no embedding" in text for text in shown[name]), shown[name]
    # A run whose embeddings were deleted is another matter.
    for row in workspace.embeddings(run_id=runs["pure-svd"].id):
        workspace.delete_embedding(row.id)
    app = open_page("map", run=runs["pure-svd"].id, dataset=run.dataset_id)
    assert any("no longer has one" in each.value for each in app.markdown)


def test_it_is_listed_and_compared_with_other_runs(runs, open_page, workspace):
    app = open_page("runs", dataset=runs["popularity"].dataset_id, view="compare")
    assert not app.exception
    # PureSVD chose its dimensions itself.
    assert not app.error
    # Numbers that may be left empty can be tried in a sweep, too.
    (models,) = (box for box in app.selectbox if box.label == "Model")
    models.set_value("matrix-factorization").run()
    (parameters,) = (box for box in app.selectbox if box.label == "Parameter")
    assert any("l2_biases_items" in option for option in parameters.options)
    jobs = Jobs(workspace)
    first, second = (candidate(jobs, runs[name].id) for name in ("popularity", "pure-svd"))
    assert first.embedding is None
    compared = compare_two(workspace, first, second)
    assert {"validation_ndcg@10", "validation_recall@20"} <= {pair.name for pair in compared.scores}
    assert "neighbors cannot be compared" in compared.refusal


def test_its_script_and_data_are_exported_and_it_comes_back_from_a_backup(runs, workspace, tmp_path, monkeypatch):
    run = runs["popularity"]
    write_bundle(workspace, run.id, tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        names = {name.rsplit("/", 1)[-1] for name in bundle.namelist()}
    assert {"train.py", "interactions.csv"} <= names
    backup.write_backup(workspace, tmp_path / "backup.zip")
    monkeypatch.setenv("EMBEDLAB_HOME", str(tmp_path / "other"))
    other = Workspace.open(load_settings())
    restore_backup(other, tmp_path / "backup.zip")
    again = other.run(run.id)
    assert again.scores == run.scores
    assert has_ability(again, Ranks)
    assert list(other.embeddings(run_id=run.id)) == []
