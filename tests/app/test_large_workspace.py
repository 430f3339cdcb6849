"""Database queries of a page do not grow with the workspace, and old rows can still be found."""

from __future__ import annotations

import gc
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.core.kind import Kind
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.ui.server import garbage_collection
from embedlab.workspace import catalog, tables
from embedlab.workspace.rows import EmbeddingRow, RunRow
from embedlab.workspace.workspace import Workspace
from tests.app.conftest import breadcrumb, runs_listed
from tests.app.planted_ratings import keep_run, planted_predictor, write_planted
from tests.large_workspace import Added, add_rows, statements

OpenPage = Callable[..., AppTest]
#: Later than any clock of a test says.
_LATER_S = 5e9


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


class _Counted:
    """Bytes of JSON that were read from rows, and rows of embeddings."""

    n_bytes = 0
    n_embeddings = 0

    def loads(self, text: str) -> Any:
        self.n_bytes += len(text)
        return json.loads(text)

    def embedding(self, **row: Any) -> EmbeddingRow:
        self.n_embeddings += 1
        return EmbeddingRow(**row)


@pytest.fixture
def read_json(monkeypatch: pytest.MonkeyPatch) -> _Counted:
    """Count the JSON that engines opened from now on read, and the embeddings of all."""
    counted, create_engine = _Counted(), sa.create_engine
    monkeypatch.setitem(catalog._BUILD, tables.embeddings, counted.embedding)
    monkeypatch.setattr(
        sa, "create_engine", lambda *given, **named: create_engine(*given, json_deserializer=counted.loads, **named)
    )
    return counted


@pytest.fixture
def old_run(workspace: Workspace, tmp_path: Path) -> RunRow:
    """A run over ratings with files, older than everything that is added to it."""
    return keep_run(workspace, write_planted(tmp_path / "files"), planted_predictor, name="The old run")


@pytest.fixture
def old_text(workspace: Workspace, tmp_path: Path) -> str:
    """A small text, older than everything that is added to it."""
    path = tmp_path / "text.txt"
    path.write_text("the king and the queen sat in the castle\n" * 200, encoding="utf-8")
    upload = workspace.stage_upload(path, "text.txt")
    job = Jobs(workspace).submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "The old Ärzte text")
    assert execute(workspace, job.id)
    return workspace.datasets(Kind.TEXT)[0].id


def _address(page: str, old_run: RunRow, old_text: str, embedding_id: str) -> dict[str, str]:
    addresses = {
        "data-one": {"dataset": old_text, "view": "one"},
        "train": {"dataset": old_text, "model": "word2vec"},
        "train-classifier": {"dataset": old_text, "model": "text-classifier"},
        "runs-all": {"view": "all"},
        "runs-one": {"run": old_run.id, "view": "one"},
        "runs-compare": {"dataset": old_run.dataset_id, "view": "compare"},
        "map": {"embedding": embedding_id},
        "ask": {"embedding": embedding_id},
        "ask-beside": {"embedding": embedding_id, "view": "beside"},
        "recommend": {"run": old_run.id},
    }
    return addresses.get(page, {})


PAGES = (
    "start",
    "data",
    "data-one",
    "train",
    "train-classifier",
    "runs-all",
    "runs-one",
    "runs-compare",
    "map",
    "ask",
    "ask-beside",
    "recommend",
    "workspace",
)


@pytest.mark.parametrize("page", [pytest.param(page, id=page) for page in PAGES])
def test_rerun_queries_are_independent_of_workspace_size(
    page: str, open_page: OpenPage, read_json: _Counted, workspace: Workspace, old_run: RunRow, old_text: str
) -> None:
    embedding = workspace.resolve_embedding(f"{old_run.id}/items")
    address = _address(page, old_run, old_text, embedding.id)
    seen, n_bytes = [], []
    # Odd, so that the newest is of the same kind.
    for n_more in (5, 195, 205):
        add_rows(workspace, n_more, n_more, newest_at=_LATER_S + sum(map(len, seen)))
        app = open_page(page.split("-")[0], **address)
        assert not app.exception
        assert not app.error
        read_json.n_bytes = 0
        with statements() as sent:
            app.run()
        seen.append(_without_numbers(sent))
        n_bytes.append(read_json.n_bytes)
    small, large, larger = seen
    assert small == large == larger
    # A list has its first rows full in a large workspace; from then on nothing more is read.
    assert n_bytes[2] <= n_bytes[1] * 1.01


def test_what_a_page_imports_is_exempt_from_the_collection_after_each_rerun(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage_collection, "_n_modules_frozen", 0)
    gc.unfreeze()
    assert not open_page("start").exception
    assert gc.get_freeze_count() > 0
    assert not any(each is Workspace for each in gc.get_objects())


@pytest.mark.parametrize(
    ("page", "address"),
    [
        pytest.param("data", {"view": "one"}, id="data-one"),
        pytest.param("runs", {"view": "compare"}, id="runs-compare"),
        pytest.param("start", {}, id="start"),
        pytest.param("train", {}, id="train"),
    ],
)
def test_a_rerun_reads_as_much_of_a_dataset_with_many_runs_as_of_one_with_some(
    page: str, address: dict[str, str], open_page: OpenPage, read_json: _Counted, workspace: Workspace, old_run: RunRow
) -> None:
    seen, n_bytes, n_embeddings = [], [], []
    for n_more in (205, 200):
        add_rows(
            workspace,
            1,
            n_more,
            on_dataset=old_run.dataset_id,
            n_on_dataset=n_more,
            newest_at=_LATER_S + 1e6 * len(seen),
        )
        app = open_page(page, dataset=old_run.dataset_id, **address)
        assert not app.exception
        assert not app.error
        read_json.n_bytes = read_json.n_embeddings = 0
        with statements() as sent:
            app.run()
        seen.append(_without_numbers(sent))
        n_bytes.append(read_json.n_bytes)
        n_embeddings.append(read_json.n_embeddings)
    assert seen[0] == seen[1]
    assert n_embeddings[0] == n_embeddings[1]
    # Names and numbers differ in length.
    assert n_bytes[1] <= n_bytes[0] * 1.05


def test_the_comparison_shows_the_newest_runs_and_more_of_them_when_asked(
    open_page: OpenPage, workspace: Workspace, old_run: RunRow
) -> None:
    add_rows(workspace, 1, 230, on_dataset=old_run.dataset_id, n_on_dataset=230, newest_at=_LATER_S)
    app = open_page("runs", dataset=old_run.dataset_id, view="compare")
    assert "Showing 200 of 231 runs" in " ".join(each.value for each in app.caption)
    app.button(key=f"comparison-shown:{old_run.dataset_id}:more").click().run()
    assert not app.exception
    # The last rows are baselines.
    names = list(app.dataframe[0].value["Run"])
    assert len([name for name in names if name != "Baseline"]) == 231


def _without_numbers(sent: list[str]) -> list[str]:
    """Return statements without how many values their lists hold."""
    return sorted(" ".join(text.replace("?, ", "").split()) for text in sent)


@pytest.fixture
def many(workspace: Workspace, old_run: RunRow, old_text: str) -> Added:
    """More newer things than any list shows."""
    return add_rows(workspace, 230, 230, newest_at=_LATER_S)


def _cards(app: AppTest) -> str:
    return " ".join(each.value for each in app.markdown)


def test_an_old_dataset_is_found_by_its_name_and_by_its_link(open_page: OpenPage, many: Added, old_text: str) -> None:
    app = open_page("data", view="all")
    assert "The old" not in _cards(app)
    assert "Showing 18 of 232 datasets" in " ".join(each.value for each in app.caption)
    app.text_input(key="datasets-search").set_value("OLD äRZTE").run()
    assert "The old Ärzte text" in _cards(app)
    assert len([button for button in app.button if button.label == "Open"]) == 1
    app.button(key=f"open-{old_text}").click().run()
    assert "The old Ärzte text" in app.header[0].value
    app = open_page("data", dataset=old_text, view="one")
    assert "The old Ärzte text" in app.header[0].value
    assert breadcrumb(app, "dataset").value == old_text


def test_show_more_shows_more_datasets(open_page: OpenPage, many: Added) -> None:
    app = open_page("data", view="all")
    app.button(key="datasets-shown:more").click().run()
    assert len([button for button in app.button if button.label == "Open"]) == 36


def test_an_old_run_is_found_by_its_name_and_by_its_link(open_page: OpenPage, many: Added, old_run: RunRow) -> None:
    app = open_page("runs", view="all")
    assert len(runs_listed(app)["Run"]) == 50
    assert "The old run" not in runs_listed(app)["Run"]
    app.text_input(key="runs-search").set_value("the OLD run").run()
    assert runs_listed(app)["Run"] == ["The old run"]
    app = open_page("runs", run=old_run.id, view="one")
    assert app.header[0].value == "The old run"


def test_an_old_run_still_recommends_and_is_offered_by_a_search(
    open_page: OpenPage, workspace: Workspace, old_run: RunRow
) -> None:
    added = add_rows(workspace, 2, 500, newest_at=_LATER_S)
    app = open_page("recommend", run=old_run.id)
    assert not app.exception
    assert breadcrumb(app, "run").value == old_run.id
    # A run on a text predicts no ratings: those that do are offered.
    app = open_page("recommend", dataset=added.datasets[0])
    assert "Choose a run that does" in " ".join(each.value for each in app.info)
    assert len(app.selectbox(key="recommend-run").options) == 200
    app.text_input(key="recommend-search").set_value("old run").run()
    box = app.selectbox(key="recommend-run")
    assert box.options == ["The old run"]
    box.select(old_run.id).run()
    assert not app.exception
    assert app.query_params["run"] == old_run.id


def test_what_is_older_than_the_breadcrumb_offers_is_found_by_its_search(
    open_page: OpenPage, many: Added, old_run: RunRow
) -> None:
    app = open_page("ask")
    assert len(breadcrumb(app, "dataset").options) == 100
    app.text_input(key="breadcrumb-search").set_value("the OLD run").run()
    app.button(key=f"breadcrumb-run-{old_run.id}").click().run()
    assert not app.exception
    assert breadcrumb(app, "run").value == old_run.id
    assert breadcrumb(app, "dataset").value == old_run.dataset_id


def test_old_embedding_is_found_by_search_for_comparison(
    open_page: OpenPage, workspace: Workspace, keep: Callable[..., EmbeddingRow], royal: Embedding
) -> None:
    first, second = keep(royal, title="The first of all"), keep(royal, title="The second")
    add_rows(workspace, 2, 230, newest_at=_LATER_S)
    app = open_page("ask", embedding=second.id, view="beside", **{"with": first.id})
    assert not app.exception
    assert app.multiselect(key="beside-embeddings").value == [first.id]
    app = open_page("ask", embedding=second.id, view="beside", **{"with": second.id})
    assert not any("first of all" in option for option in app.multiselect(key="beside-embeddings").options)
    app.text_input(key="beside-search").set_value("FIRST of").run()
    assert any("first of all" in option for option in app.multiselect(key="beside-embeddings").options)


def test_bundle_is_written_to_disk_and_linked(
    open_page: OpenPage, home: Path, workspace: Workspace, old_text: str
) -> None:
    job = Jobs(workspace).submit_training(old_text, "word2vec", {"vector_size": 4, "epochs": 1, "min_count": 1})
    assert execute(workspace, job.id)
    app = open_page("runs", run=job.id, view="one")
    assert not app.get("download_button")
    app.button(key="prepare-bundle").click().run()
    assert not app.exception
    assert not app.error
    url = app.get("link_button")[0].proto.url
    (file,) = (home / "exports" / url.rsplit("/", 1)[1]).iterdir()
    assert file.name == f"embedlab-{job.id}.zip"
    with zipfile.ZipFile(file) as bundle:
        assert sorted(bundle.namelist()) == ["corpus.txt", "train.py"]
