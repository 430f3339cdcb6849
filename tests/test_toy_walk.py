"""One toy entry of every registry walks through all pages, the command line, export, backup, deletion and restoring."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from embedlab.cli.app import main
from embedlab.core.settings import load_settings
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.inference import open_ability
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.kinds import registry as job_kinds
from embedlab.kinds import registry as kinds
from embedlab.models import registry as models
from embedlab.projections import registry as projections
from embedlab.tasks import registry as tasks
from embedlab.ui.shell import navigation
from embedlab.workspace.workspace import Workspace
from tests.app.conftest import open_page
from tests.jobs.kinds.test_toy_kind import CountKeys
from tests.projections.test_toy_method import RawAxes
from tests.toys import BAGS, FILE, GROUPS, Completes, Completion, DividedBags, SharedBags

__all__ = ["open_page"]

OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="module")
def toys() -> Iterator[None]:
    """All toys, known to this process alone, which does all jobs itself."""

    def dispatch(self: Jobs) -> None:
        # Trainings first: what is queued within the same thousandth of a second has no order.
        for row in sorted(self.jobs(active=True), key=lambda row: row.run_id is None):
            execute(self.workspace, row.id)

    with pytest.MonkeyPatch.context() as patch, kinds.register(DividedBags()), tasks.registered(Completion()):
        patch.setattr(Jobs, "dispatch", dispatch)
        with models.registered(SharedBags()):
            projections.register(RawAxes())
            job_kinds.register(CountKeys())
            yield
            del projections.METHODS["axes"]
            del job_kinds.LOADED["count-keys"]


@pytest.fixture(scope="module")
def home(toys: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("walk") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMBEDLAB_HOME", str(folder))
        for name in ("EMBEDLAB_DATABASE_URL", "EMBEDLAB_OWNER"):
            patch.delenv(name, raising=False)
        st.cache_resource.clear()
        st.cache_data.clear()
        yield folder
        st.cache_resource.clear()


@pytest.fixture(scope="module")
def workspace(home: Path) -> Iterator[Workspace]:
    opened = Workspace.open(load_settings())
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def file(home: Path) -> Path:
    path = home.parent / "shop.txt"
    path.write_text(FILE, encoding="utf-8")
    return path


@dataclass(frozen=True)
class Walked:
    """What the command line has made."""

    dataset: str
    run: str
    symbols: str


@pytest.fixture(scope="module")
def walked(workspace: Workspace, file: Path) -> Walked:
    """A dataset and a run, made by commands."""
    assert main(["import", "bags", str(file), "--name", "shop"]) == 0
    (dataset,) = workspace.datasets()
    assert main(["train", dataset.id, "shared-bags", "--set", "power=2"]) == 0
    (run,) = workspace.runs()
    (symbols,) = workspace.embeddings(run_id=run.id)
    return Walked(dataset.id, run.id, symbols.id)


@pytest.fixture
def embedlab(walked: Walked, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a command that must succeed; return what it writes, as JSON where there is any."""

    def run(*arguments: object, as_json: bool = True) -> Any:
        capsys.readouterr()
        exit_code = main([*(str(each) for each in arguments), *(["--json"] if as_json else [])])
        captured = capsys.readouterr()
        assert exit_code == 0, captured.err + captured.out
        return json.loads(captured.out) if as_json else captured.out

    return run


def _said(app: AppTest) -> str:
    assert not app.exception
    assert [error.value for error in app.error] == []
    tables = [table.value.to_csv() for table in app.dataframe]
    tables += [part.proto.json for part in app.get("bidi_component")]
    texts = [*app.markdown, *app.caption, *app.header, *app.metric]
    boxes = [option for box in app.selectbox for option in box.options]
    return " ".join([*(str(each.value) for each in texts), *tables, *boxes]).replace("\\", "")


def _missing(said: str, *parts: str) -> list[str]:
    return [part for part in parts if part not in said]


def test_the_command_open_guesses_imports_and_trains_what_recommends_itself(
    workspace: Workspace, walked: Walked, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = file.with_name("other.txt")
    other.write_text(f"{FILE}w,x\n", encoding="utf-8")
    assert main(["open", str(other), "--no-serve", "--json"]) == 0
    captured = capsys.readouterr()
    opened = json.loads(captured.out)
    assert "Trains Shared bags in about 1 s. There are few symbols." in captured.err
    assert workspace.dataset(opened["dataset"]).kind == "bags"
    assert workspace.embedding(opened["embedding"]).name == "symbols"
    workspace.delete_dataset(opened["dataset"])


def test_the_data_page_guesses_imports_and_shows_the_kind(
    open_page: OpenPage, workspace: Workspace, walked: Walked
) -> None:
    app = open_page("data", view="add")
    # Another file than that of the command line, which would be recognized as the same.
    app.file_uploader[0].upload("bags.txt", f"{FILE}a,b\n".encode(), "text/plain").run()
    assert "Bags" in [metric.label for metric in app.metric]
    app.button(key="keep").click().run()
    app.run()
    said = _said(app)
    (row,) = (row for row in workspace.datasets() if row.id != walked.dataset)
    assert row.counts == {"bags": len(BAGS) + 1, "symbols": 8}
    assert "Bags of symbols" in said
    assert "Hit rate" not in said
    app.button(key="train-on-it").click().run()
    assert not app.exception
    workspace.delete_dataset(row.id)


def test_the_train_page_recommends_estimates_and_trains(
    open_page: OpenPage, workspace: Workspace, walked: Walked
) -> None:
    app = open_page("train", dataset=walked.dataset)
    said = _said(app)
    assert "Counts the bags that two symbols share." in said
    assert "There are few symbols." in said
    app.number_input[0].set_value(3.0).run()
    app.button(key="start-training").click().run()
    (run,) = (run for run in workspace.runs() if run.id != walked.run)
    assert (run.status, run.parameters["power"]) == ("succeeded", 3.0)
    assert "Hit rate" in _said(open_page("runs", dataset=walked.dataset, run=run.id))
    workspace.delete_run(run.id)


def test_the_page_of_a_run_shows_the_scores_of_its_task(open_page: OpenPage, walked: Walked) -> None:
    said = _said(open_page("runs", run=walked.run, view="one"))
    assert _missing(said, "Hit rate", "covered_symbols", "Most common symbol", "This run") == []
    assert "On 10 held-out bags." in said
    assert "Symbols" in said
    assert "has no score" not in said
    compared = _said(open_page("runs", view="compare", dataset=walked.dataset))
    assert _missing(compared, "Most common symbol") == []
    assert "symbols 1.00" in _said(open_page("runs", view="all"))


def test_the_map_draws_it_by_the_toy_method(
    open_page: OpenPage, workspace: Workspace, walked: Walked, embedlab: Callable[..., Any], tmp_path: Path
) -> None:
    made = embedlab("project", walked.symbols, "--method", "axes", "--set", "second=7", "--out", tmp_path / "p.csv")
    vectors = workspace.load_embedding(walked.symbols).vectors
    np.testing.assert_array_equal(workspace.coordinates(made["projection"]), vectors[:, [0, 7]])
    said = _said(open_page("map", embedding=walked.symbols, projection=made["projection"], key="a"))
    assert "Two axes 2-D" in said


def test_it_is_asked_on_the_page_and_by_commands(
    open_page: OpenPage, workspace: Workspace, walked: Walked, embedlab: Callable[..., Any]
) -> None:
    nearest = [key for key, *_ in embedlab("neighbors", f"{walked.run}/symbols", "a", "--topn", 3)]
    assert set(nearest) == set(GROUPS[0]) - {"a"}
    assert {key for key, *_ in embedlab("neighbors", walked.symbols, "w", "--topn", 3)} == set("xyz")
    assert embedlab("odd", walked.symbols, "a", "b", "w")
    embedlab("similarities", walked.symbols, "a", "b", "w")
    app = open_page("ask", embedding=walked.symbols, key="a", q="a")
    said = _said(app)
    assert "symbol" in said.lower()
    assert open_ability(workspace, walked.run, Completes).complete(["x", "y", "w"]) == "z"


@pytest.mark.parametrize("page", [pytest.param(page.name, id=page.name) for page in navigation.PAGES])
def test_every_page_opens_beside_it(page: str, open_page: OpenPage, walked: Walked) -> None:
    for address in ({}, {"dataset": walked.dataset, "run": walked.run, "embedding": walked.symbols}):
        assert "Kind(" not in _said(open_page(page, **address))


def test_commands_list_judge_and_compare_it(walked: Walked, embedlab: Callable[..., Any]) -> None:
    assert [row["kind"] for row in embedlab("datasets")] == ["bags"]
    assert [row["id"] for row in embedlab("runs")] == [walked.run]
    assert "shared-bags" in {row["name"] for row in embedlab("models")}
    assert "axes" in {row["name"] for row in embedlab("methods")}
    assert {row["id"] for row in embedlab("embeddings")} == {walked.symbols}
    shown = embedlab("show", walked.run, as_json=False)
    assert _missing(shown, "Hit rate", "covered_symbols", "Most common symbol") == []
    assert "Hit rate" in embedlab("scores", walked.run, as_json=False)
    assert embedlab("protocol", walked.dataset)["cases"]["test"] == 10
    embedlab("checks", walked.dataset, "--add", "a near b within 3", "--add", "a far from w beyond 3")
    judged = embedlab("judge", walked.symbols)["checks"]
    assert (judged["passed"], judged["covered"]) == (2, 2)
    embedlab("compare-runs", walked.dataset, "--judge")
    compared = embedlab("compare-runs", walked.dataset)
    assert compared["runs"][0]["scores"]["test_hit_rate"] == 1.0


def test_sweeps_and_seeds_work_for_it(
    workspace: Workspace, walked: Walked, embedlab: Callable[..., Any], open_page: OpenPage
) -> None:
    embedlab("sweep", walked.dataset, "shared-bags", "--grid", "power=1,2")
    embedlab("stability", walked.run, "--seeds", 2)
    said = _said(open_page("runs", run=walked.run, view="one"))
    assert "the nearest neighbors" in said or "nearest neighbors of a" in said
    for run in workspace.runs():
        if run.id != walked.run:
            workspace.delete_run(run.id)


def test_it_is_exported_with_a_script_that_runs(walked: Walked, embedlab: Callable[..., Any], tmp_path: Path) -> None:
    embedlab("export", walked.symbols, "--format", "csv", "--out", tmp_path / "symbols.csv")
    rows = list(csv.DictReader((tmp_path / "symbols.csv").open(encoding="utf-8")))
    assert {next(iter(row.values())) for row in rows} == set("".join(GROUPS))
    embedlab("script", walked.run, "--out", tmp_path / "again.zip")
    with zipfile.ZipFile(tmp_path / "again.zip") as bundle:
        bundle.extractall(tmp_path / "again")
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=tmp_path / "again", capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == len(BAGS)


def test_a_backup_brings_everything_back_after_deletion(
    workspace: Workspace,
    walked: Walked,
    embedlab: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    open_page: OpenPage,
) -> None:
    job = Jobs(workspace).submit("count-keys", {"embedding_id": walked.symbols})
    assert (Jobs(workspace).job(job.id).result or {}) == {"n_keys": 8}
    scores, pairs = workspace.run(walked.run).scores, (workspace.run_folder(walked.run) / "pairs.csv").read_bytes()
    maps = {row.id: row.method for row in workspace.projections(walked.symbols)}
    embedlab("backup", tmp_path / "all.zip")
    embedlab("delete", walked.dataset, "--yes")
    assert (workspace.datasets(), workspace.runs(), workspace.embeddings()) == ([], [], [])
    monkeypatch.setenv("EMBEDLAB_HOME", str(tmp_path / "restored"))
    st.cache_resource.clear()
    embedlab("restore", tmp_path / "all.zip")
    again = Workspace.open(load_settings())
    assert again.run(walked.run).scores == scores
    assert (again.run_folder(walked.run) / "pairs.csv").read_bytes() == pairs
    assert {row.id: row.method for row in again.projections(walked.symbols)} == maps
    assert Jobs(again).job(job.id).result == {"n_keys": 8}
    assert again.open_dataset(walked.dataset).bags == BAGS
    assert open_ability(again, walked.run, Completes).complete(["x", "y", "w"]) == "z"
    assert "Hit rate" in _said(open_page("runs", run=walked.run, view="one"))
    again.close()
