"""A folder and a catalog that do not belong together are never opened, and nothing of them is lost."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from embedlab.core.errors import StorageError
from embedlab.core.settings import Settings
from embedlab.workspace import identity, tables
from embedlab.workspace.catalog import is_id, new_id
from embedlab.workspace.workspace import Workspace
from tests.workspaces import fill

ROOT = Path(__file__).resolve().parents[2]


def _ids(workspace: Workspace) -> identity.Ids:
    return identity.stored_ids(workspace.catalog.engine, workspace.layout)


def _forget_catalog_id(workspace: Workspace) -> None:
    with workspace.transaction() as connection:
        connection.execute(sa.delete(tables.workspace_identity))


def _set_catalog_id(workspace: Workspace, workspace_id: str) -> None:
    with workspace.transaction() as connection:
        connection.execute(sa.update(tables.workspace_identity).values(workspace_id=workspace_id))


def _empty_catalog(workspace: Workspace) -> None:
    """Leave the database as a fresh one is."""
    with workspace.transaction() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(sa.delete(table))


def _before_identities(workspace: Workspace) -> None:
    """Leave folder and database as a program without identities did."""
    workspace.layout.identity_file.unlink()
    with workspace.transaction() as connection:
        connection.execute(sa.text("DROP TABLE workspace_identity"))
        for table in ("datasets", "runs"):
            connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN protocol"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0002'"))


def _files(home: Path) -> set[str]:
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if "catalogue.sqlite" not in path.name}


def test_a_fresh_workspace_gets_an_id_in_both_places_and_keeps_it(workspace: Workspace, settings: Settings) -> None:
    ids = _ids(workspace)
    assert ids.match
    assert is_id(str(ids.folder))
    assert json.loads((settings.home / "workspace.json").read_text()) == {"workspace_id": ids.folder}
    again = Workspace.open(settings)
    assert _ids(again) == ids
    again.close()


def test_two_workspaces_have_different_ids(tmp_path: Path) -> None:
    found = set()
    for name in ("a", "b"):
        opened = Workspace.open(Settings(home=tmp_path / name))
        found.add(_ids(opened).folder)
        opened.close()
    assert len(found) == 2


@pytest.mark.parametrize("filled", [pytest.param(True, id="with-artifacts"), pytest.param(False, id="empty-folder")])
def test_an_old_workspace_without_id_gets_one(workspace: Workspace, settings: Settings, filled: bool) -> None:
    kept = fill(workspace) if filled else None
    _before_identities(workspace)
    again = Workspace.open(settings)
    assert _ids(again).match
    if kept is not None:
        assert again.load_embedding(kept.embedding).n_keys == 4
    again.close()


def test_an_old_folder_of_another_catalog_gets_none(workspace: Workspace, settings: Settings) -> None:
    fill(workspace)
    _before_identities(workspace)
    with workspace.transaction() as connection:
        for table in (tables.projections, tables.embeddings, tables.runs, tables.yardsticks):
            connection.execute(sa.delete(table))
        for table in (tables.jobs, tables.datasets, tables.uploads):
            connection.execute(sa.delete(table))
    before = _files(settings.home)
    with pytest.raises(StorageError, match=r"do not belong together.*folder id none \(6 items\), catalog id none"):
        Workspace.open(settings)
    assert _files(settings.home) - {"locks/identity.lock"} == before - {"locks/identity.lock"}


def test_an_empty_catalog_beside_a_full_folder_is_refused_and_the_folder_stays(
    workspace: Workspace, settings: Settings
) -> None:
    fill(workspace)
    folder_id = _ids(workspace).folder
    _empty_catalog(workspace)
    before = _files(settings.home)
    with pytest.raises(StorageError) as caught:
        Workspace.open(settings)
    said = str(caught.value)
    assert f"folder id {folder_id}" in said
    assert "catalog id none" in said
    assert "EMBEDLAB_DATABASE_URL" in said
    assert "python -m embedlab adopt" in said
    assert _files(settings.home) == before


def test_a_lost_sqlite_file_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    opened = Workspace.open(settings)
    fill(opened)
    opened.close()
    before = _files(settings.home)
    for path in settings.home.glob("catalogue.sqlite*"):
        path.unlink()
    for _ in range(2):
        with pytest.raises(StorageError, match="do not belong together"):
            Workspace.open(settings)
    assert _files(settings.home) == before


def test_the_catalog_of_another_workspace_is_refused(tmp_path: Path) -> None:
    ours, theirs = (Settings(home=tmp_path / name) for name in ("ours", "theirs"))
    ids = []
    for settings in (ours, theirs):
        opened = Workspace.open(settings)
        fill(opened)
        ids.append(_ids(opened).folder)
        opened.close()
    exchanged = ours.model_copy(update={"database_url": f"sqlite:///{theirs.home / 'catalogue.sqlite'}"})
    with pytest.raises(StorageError) as caught:
        Workspace.open(exchanged)
    assert all(f"id {each}" in str(caught.value) for each in ids)
    # Set back, it opens.
    Workspace.open(ours).close()


def test_an_empty_folder_in_place_of_the_right_one_is_refused(workspace: Workspace, settings: Settings) -> None:
    kept = fill(workspace)
    away = settings.home.with_name("away")
    settings.home.rename(away)
    settings.home.mkdir()
    for path in away.glob("catalogue.sqlite*"):
        shutil.copy(path, settings.home / path.name)
    with pytest.raises(StorageError, match="folder is empty, but the catalog knows"):
        Workspace.open(settings)
    shutil.rmtree(settings.home)
    away.rename(settings.home)
    again = Workspace.open(settings)
    assert again.load_embedding(kept.embedding).n_keys == 4
    again.close()


@pytest.mark.parametrize("filled", [pytest.param(True, id="known-artifacts"), pytest.param(False, id="nothing-yet")])
def test_a_missing_file_is_written_again_where_folder_and_catalog_know_each_other(
    workspace: Workspace, settings: Settings, filled: bool
) -> None:
    if filled:
        fill(workspace)
    ids = _ids(workspace)
    workspace.layout.identity_file.unlink()
    again = Workspace.open(settings)
    assert _ids(again) == ids
    again.close()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut"),
        pytest.param(b"[]", id="list"),
        pytest.param(b'{"workspace_id": "../../etc/pw"}', id="no-id"),
        pytest.param(b'{"workspace_id": 7}', id="number"),
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
def test_a_damaged_file_is_an_error_that_says_what_to_do(
    workspace: Workspace, settings: Settings, content: bytes
) -> None:
    fill(workspace)
    workspace.layout.identity_file.write_bytes(content)
    with pytest.raises(StorageError, match=r"id of the workspace is damaged.*Delete this file"):
        Workspace.open(settings)
    workspace.layout.identity_file.unlink()
    Workspace.open(settings).close()


def test_adopting_binds_the_two_and_nothing_is_deleted(workspace: Workspace, settings: Settings) -> None:
    filled = fill(workspace)
    _set_catalog_id(workspace, new_id())
    with pytest.raises(StorageError):
        Workspace.open(settings)
    before = _files(settings.home)
    adopted = Workspace.open(settings, adopt=True)
    assert _ids(adopted).match
    assert _files(settings.home) == before
    assert adopted.load_embedding(filled.embedding).n_keys == 4
    adopted.close()
    Workspace.open(settings).close()


def test_several_processes_that_open_a_fresh_workspace_agree_on_its_id(settings: Settings) -> None:
    program = (
        "import sys; from pathlib import Path; from embedlab.core.settings import Settings;"
        "from embedlab.workspace import identity; from embedlab.workspace.workspace import Workspace;"
        "w = Workspace.open(Settings(home=Path(sys.argv[1]), database_url=sys.argv[2]));"
        "print(identity.require_match(w.catalog.engine, w.layout))"
    )
    command = [sys.executable, "-c", program, str(settings.home), settings.database_url]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    said = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0] * 4, said
    assert len({out for out, _ in said}) == 1


def test_an_id_that_another_machine_wrote_first_is_taken(workspace: Workspace) -> None:
    present = _ids(workspace).catalog
    assert identity._write_to_catalog(workspace.catalog.engine, new_id()) == present


def test_a_sweep_refuses_when_the_ids_differ_at_that_moment(workspace: Workspace, settings: Settings) -> None:
    fill(workspace)
    (workspace.layout.dataset(new_id())).mkdir()
    before = _files(settings.home)
    workspace_id = _ids(workspace).catalog
    _set_catalog_id(workspace, new_id())
    with pytest.raises(StorageError, match="do not belong together"):
        workspace.sweep(older_than_s=-60)
    _forget_catalog_id(workspace)
    with pytest.raises(StorageError, match="do not belong together"):
        workspace.sweep(older_than_s=-60)
    workspace.layout.identity_file.unlink()
    with pytest.raises(StorageError, match="do not belong together"):
        workspace.sweep(older_than_s=-60)
    assert _files(settings.home) == before - {"workspace.json"}
    assert workspace_id is not None
