"""A backup of everything comes back whole, with scripts that are made again and not taken from the file."""

from __future__ import annotations

import ast
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedlab.core.errors import NotFoundError
from embedlab.core.settings import Settings
from embedlab.jobs.engine import processes
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.reproduction import SCRIPT_FILE, make_script, script_of, write_bundle
from embedlab.jobs.restoring import restore_workspace
from embedlab.workspace.backup import CATALOG_FILE
from embedlab.workspace.catalog import new_id
from embedlab.workspace.workspace import Workspace
from tests.one_of_each import OneOfEach, make_one_of_each
from tests.workspace.old_backups import RUN, write_old_backup

ROOMS = ("datasets", "runs", "embeddings", "projections", "jobs", "uploads")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, OneOfEach]]:
    """A workspace with one of everything."""
    folder = tmp_path_factory.mktemp("everything")
    opened = Workspace.open(Settings(home=folder / "home", owner="ada"))
    yield opened, make_one_of_each(opened, folder / "files")
    opened.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Workspace]:
    """An empty workspace elsewhere."""
    opened = Workspace.open(Settings(home=tmp_path / "elsewhere", owner="eve"))
    yield opened
    opened.close()


def _contents(home: Path) -> dict[str, bytes]:
    files = [path for room in ROOMS for path in (home / room).rglob("*") if path.is_file()]
    # What is computed again when it is missing is not in a backup.
    left_out = {"worker.lock", "neighbors.npz", "document_signatures.npy"}
    return {path.relative_to(home).as_posix(): path.read_bytes() for path in files if path.name not in left_out}


def _with_parameters(path: Path, model: str, parameters: dict[str, object]) -> Path:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    about = json.loads(members[CATALOG_FILE])
    about["tables"]["runs"][0] |= {"model": model, "parameters": parameters}
    members[CATALOG_FILE] = json.dumps(about).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_every_file_that_the_jobs_write_comes_back(
    everything: tuple[Workspace, OneOfEach], empty: Workspace, tmp_path: Path
) -> None:
    workspace, made = everything
    shares: list[float] = []
    restore_workspace(empty, workspace.backup(tmp_path / "b.zip"), lambda share, _: shares.append(share))
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert len(shares) > 10
    assert shares[-1] == 0.95
    here, there = _contents(workspace.settings.home), _contents(empty.settings.home)
    # Runs that were put together without training have no script of their own, and get one.
    scripts = {f"runs/{run_id}/{SCRIPT_FILE}" for run_id in (made.ratings, made.classifier)}
    assert there.keys() - here.keys() <= scripts
    assert {name: there.get(name) for name in here} == here
    assert empty.run(made.word2vec).scores == workspace.run(made.word2vec).scores
    assert Jobs(empty).can_resume(Jobs(empty).job(made.failed))
    for run_id in made.trained:
        assert script_of(empty, empty.run(run_id)) == script_of(workspace, workspace.run(run_id))


def test_a_script_in_the_backup_is_replaced_by_our_own(empty: Workspace, tmp_path: Path) -> None:
    restore_workspace(empty, write_old_backup(tmp_path / "b.zip", "0002"))
    script = (empty.run_folder(RUN) / SCRIPT_FILE).read_text()
    assert script == make_script(empty.run(RUN))
    assert "as the first version wrote it" not in script
    assert "Word2Vec(" in script


@pytest.mark.parametrize("model", ["word2vec", "keras-skipgram", "text-classifier"])
def test_a_parameter_cannot_put_code_into_a_script(empty: Workspace, tmp_path: Path, model: str) -> None:
    hostile = '"""\'\n__import__("os").system("evil")\n#'
    restore_workspace(
        empty, _with_parameters(write_old_backup(tmp_path / "b.zip", "0002"), model, {"start_from": hostile})
    )
    script = script_of(empty, empty.run(RUN))
    assert script is not None
    names = {node.id for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Name)}
    assert "__import__" not in names
    assert "evil" not in {
        node.value for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Constant) and node.value == "evil"
    }


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        pytest.param("of-the-future", {"seed": 1}, id="unknown-model"),
        pytest.param("word2vec", {"vector_size": 10**9}, id="parameter-out-of-bounds"),
        pytest.param("word2vec", {"of_the_future": 1}, id="unknown-parameter"),
    ],
)
def test_a_run_that_this_version_cannot_train_has_no_script(
    empty: Workspace, tmp_path: Path, model: str, parameters: dict[str, object]
) -> None:
    restore_workspace(empty, _with_parameters(write_old_backup(tmp_path / "b.zip", "0002"), model, parameters))
    assert script_of(empty, empty.run(RUN)) is None
    assert not (empty.run_folder(RUN) / SCRIPT_FILE).exists()
    with pytest.raises(NotFoundError):
        write_bundle(empty, RUN, tmp_path / "bundle.zip")


def test_a_worker_imports_nothing_from_the_folder_of_its_job(empty: Workspace, tmp_path: Path) -> None:
    folder = empty.layout.job(new_id())
    (folder / "embedlab").mkdir(parents=True)
    marker = tmp_path / "imported"
    planted = f"open({str(marker)!r}, 'w').close()"
    for name in ("embedlab/__init__.py", "logging.py", "sqlalchemy.py"):
        (folder / name).write_text(planted)
    processes.start_worker(empty.settings, folder.name, folder).wait(timeout=120)
    assert "There is no job with this id" in (folder / "log.txt").read_text()
    assert not marker.exists()


def test_a_script_that_is_missing_is_made_again(everything: tuple[Workspace, OneOfEach], tmp_path: Path) -> None:
    workspace, made = everything
    path = workspace.run_folder(made.word2vec) / SCRIPT_FILE
    before = path.read_text()
    path.unlink()
    try:
        assert script_of(workspace, workspace.run(made.word2vec)) == before
        with zipfile.ZipFile(write_bundle(workspace, made.word2vec, tmp_path / "bundle.zip")) as bundle:
            assert bundle.read(SCRIPT_FILE).decode() == before
    finally:
        path.write_text(before)
