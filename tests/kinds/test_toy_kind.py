"""A kind that no other file knows walks through library, command line, Data page, backup and deletion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from embedlab.cli.app import main
from embedlab.core.errors import ConflictError, InputError, ParameterError
from embedlab.core.settings import Settings, load_settings
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.kinds.registry import KINDS, kind, noun_of, register
from embedlab.kinds.sniffing import sniff
from embedlab.reading.sources import Limits
from embedlab.ui.widgets.vocabulary import vocabulary_size
from embedlab.ui.widgets.wording import counts
from embedlab.workspace.workspace import Workspace
from tests.kinds.bags import SAMPLE, BagsKind
from tests.restoring import restore_backup

ROOT = Path(__file__).resolve().parents[2]
PAGE = str(ROOT / "pages" / "data.py")


@pytest.fixture(autouse=True)
def bags() -> Iterator[BagsKind]:
    with register(BagsKind()) as added:
        yield added


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty workspace whose jobs run in this process, which alone knows the kind."""

    def work(jobs: Jobs) -> None:
        for job in jobs.jobs(active=True):
            execute(jobs.workspace, job.id)

    monkeypatch.setenv("EMBEDLAB_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(Jobs, "dispatch", work)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield tmp_path / "home"
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def workspace(home: Path) -> Workspace:
    return Workspace.open(load_settings())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sets.txt"
    path.write_text(SAMPLE, encoding="utf-8")
    return path


def imported(workspace: Workspace, file: Path, *, kind: str = "bags", **more: Any) -> str:
    upload = workspace.stage_upload(file, file.name)
    job = Jobs(workspace).submit_import(upload.id, kind, {}, "sets", **more)
    done = Jobs(workspace).job(job.id)
    assert done.status == "succeeded", done.error
    return str((done.result or {})["dataset_id"])


def page(**address: str) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params.update(address)
    return app.run()


def shown(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.error, *app.warning, *app.header]
    return " ".join(str(element.value) for element in elements)


def address(app: AppTest, name: str) -> str:
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def test_it_is_registered_only_within_the_block(bags: BagsKind) -> None:
    assert list(KINDS)[-1] == "bags"
    assert kind("bags") is bags
    with pytest.raises(ConflictError, match="already"), register(BagsKind()):
        pass
    with pytest.raises(InputError, match=r"no such kind.*pictures.*bags"):
        kind("pictures")


class _WordyBags(BagsKind):
    name = "wordy-bags"
    has_words = True

    def kept_words(self, dataset: Any, min_count: int) -> tuple[int, int]:
        return len(self.one_hot(dataset, min_count).keys), 99


def test_pages_ask_the_kind_for_its_words(workspace: Workspace, file: Path) -> None:
    assert vocabulary_size(imported(workspace, file), 1) == (0, 0)
    with register(_WordyBags()) as known:
        dataset_id = imported(workspace, file, kind="wordy-bags")
        n_symbols = len(known.one_hot(workspace.open_dataset(dataset_id), 2).keys)
        assert n_symbols > 0
        assert vocabulary_size(dataset_id, 2) == (n_symbols, 99)


def test_its_counts_have_nouns() -> None:
    assert noun_of("symbols").singular == "different symbol"
    assert counts({"bags": 1, "symbols": 4}) == "1 bag · 4 different symbols"


def test_it_is_recognized_by_its_content_and_others_are_not(file: Path, tmp_path: Path) -> None:
    assert sniff(file, Limits()).kind == "bags"
    table = tmp_path / "table.csv"
    table.write_text("user,item,rating\nu,i,3\nv,i,4\n", encoding="utf-8")
    assert sniff(table, Limits()).kind == "ratings"


def test_the_library_imports_and_opens_it(workspace: Workspace, file: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("a=Apple\nb=Bread\n", encoding="utf-8")
    beside = workspace.stage_upload(names, names.name).id
    row = workspace.dataset(imported(workspace, file, companions={"names": beside}))
    names = {"file": "names.txt", "role": "names", "title": "Names of the symbols", "summary": ""}
    details = {"named": 2, "read": {"companions": [names]}}
    assert (row.kind, row.counts, row.details) == ("bags", {"bags": 4, "symbols": 4}, details)
    dataset = workspace.open_dataset(row.id)
    assert dataset.bags == [["a", "b", "c"], ["b", "c"], ["a", "b", "c", "d"], ["c", "a"]]
    assert dataset.names == {"a": "Apple", "b": "Bread"}
    # The files that were staged are gone with the import.
    assert list((workspace.layout.home / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "companions", "error"),
    [
        pytest.param({"smallest": 0}, {}, ParameterError, id="out of bounds"),
        pytest.param({"sorted": True}, {}, ParameterError, id="unknown option"),
        pytest.param({}, {"items": "itself"}, InputError, id="foreign companion"),
    ],
)
def test_requests_are_checked_by_its_entry(
    workspace: Workspace, file: Path, options: dict[str, Any], companions: dict[str, str], error: type[Exception]
) -> None:
    upload = workspace.stage_upload(file, file.name)
    beside = dict.fromkeys(companions, upload.id)
    with pytest.raises(error):
        Jobs(workspace).submit_import(upload.id, "bags", options, "sets", companions=beside)
    assert Jobs(workspace).jobs() == []


def test_the_command_line_has_a_command_for_it(home: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = file.with_name("names.txt")
    names.write_text("a=Apple\n", encoding="utf-8")
    arguments = ["import", "bags", str(file), "--set", "upper_case=true", "--set", "smallest=3"]
    assert main([*arguments, "--with", f"names={names}", "--name", "sets", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kind"], told["name"], told["counts"]) == ("bags", "sets", {"bags": 2, "symbols": 4})
    opened = Workspace.open(Settings(home=home)).open_dataset(told["id"])
    assert (opened.bags[0], opened.names) == (["A", "B", "C"], {"a": "Apple"})
    assert main(["datasets", "--json"]) == 0
    assert [row["kind"] for row in json.loads(capsys.readouterr().out)] == ["bags"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        pytest.param(["--set", "smallest=0"], "smallest", id="out of bounds"),
        pytest.param(["--set", "sorted=1"], "There is no option sorted", id="unknown option"),
        pytest.param(["--with", "names"], "--with needs a name and a file", id="companion without file"),
        pytest.param(["--with", "titles=FILE"], "does not accept such an additional file", id="foreign companion"),
    ],
)
def test_its_command_refuses_what_does_not_fit(
    home: Path, file: Path, capsys: pytest.CaptureFixture[str], flags: list[str], said: str
) -> None:
    given = [flag.replace("FILE", str(file)) for flag in flags]
    assert main(["import", "bags", str(file), *given, "--json"]) == 2
    assert said in capsys.readouterr().out


def test_help_lists_the_command_and_its_options(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "--help"]) == 0
    assert {"text", "ratings", "vectors", "bags"} <= set(capsys.readouterr().out.split())
    assert main(["import", "bags", "--help"]) == 0
    said = capsys.readouterr().out
    assert "smallest" in said
    assert "Names of the symbols" in said


def test_the_data_page_imports_and_shows_it(workspace: Workspace, file: Path) -> None:
    app = page(upload=workspace.stage_upload(file, file.name).id)
    assert not app.exception
    assert not app.error
    assert {metric.label: metric.value for metric in app.metric} == {"Bags": "4", "Different symbols": "4"}
    next(box for box in app.number_input if box.label == "Smallest").set_value(3).run()
    assert app.metric[0].value == "2"
    app.button(key="keep").click().run()
    app.run()
    assert not app.exception
    (row,) = workspace.datasets()
    assert (row.kind, row.options["smallest"], row.name) == ("bags", 3, "sets")
    assert address(app, "dataset") == row.id
    assert "Bags of symbols" in shown(app)
    assert any("What an embedding is" in link.proto.label for link in app.get("page_link"))
    assert not [button for button in app.button if button.key == "train-on-it"]
    listed = page()
    assert "2 bags" in shown(listed)


def test_a_refused_option_is_said_on_the_page(workspace: Workspace, file: Path) -> None:
    app = page(upload=workspace.stage_upload(file, file.name).id)
    next(box for box in app.number_input if box.label == "Smallest").set_value(0).run()
    assert not app.exception
    assert "smallest" in app.error[0].value
    assert app.button(key="keep").disabled


def test_it_is_renamed_backed_up_restored_and_deleted(workspace: Workspace, file: Path, tmp_path: Path) -> None:
    dataset_id = imported(workspace, file)
    workspace.rename_dataset(dataset_id, "other sets")
    path = workspace.backup(tmp_path / "backup.zip")
    empty = Workspace.open(Settings(home=tmp_path / "empty"))
    restore_backup(empty, path)
    assert (empty.dataset(dataset_id).name, empty.dataset(dataset_id).kind) == ("other sets", "bags")
    assert empty.open_dataset(dataset_id).bags[1] == ["b", "c"]
    empty.delete_dataset(dataset_id)
    assert not empty.dataset_folder(dataset_id).exists()
    empty.close()


def test_without_its_entry_it_is_listed_and_deleted_but_not_restored(
    home: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.open(load_settings())
    dataset_id = imported(workspace, file)
    path = workspace.backup(tmp_path / "backup.zip")
    monkeypatch.delitem(KINDS, "bags")
    try:
        app = page(dataset=dataset_id)
        assert not app.exception
        assert "Unknown kind" in shown(app)
        with pytest.raises(InputError, match="no such kind"):
            workspace.open_dataset(dataset_id)
        empty = Workspace.open(Settings(home=tmp_path / "empty"))
        with pytest.raises(InputError, match="does not write"):
            restore_backup(empty, path)
        workspace.delete_dataset(dataset_id)
        assert workspace.datasets() == []
    finally:
        monkeypatch.undo()
