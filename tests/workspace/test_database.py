"""The catalog's schema: fresh, current, newer, and opened by several processes at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from embedlab.core.errors import InputError, StorageError
from embedlab.core.settings import Settings
from embedlab.workspace import database
from embedlab.workspace.tables import EpochNow, datasets, embeddings, jobs, metadata, runs
from embedlab.workspace.workspace import Workspace
from tests.workspaces import POSTGRES

ROOT = Path(__file__).resolve().parents[2]


def test_a_fresh_database_gets_the_schema_of_the_tables(workspace: Workspace) -> None:
    assert database.stored_version(workspace.catalog.engine) == database.SCHEMA_VERSION
    with workspace.catalog.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_opening_again_changes_nothing(workspace: Workspace, settings: Settings) -> None:
    upload = workspace.stage_upload(Path(__file__), "x.py")
    again = Workspace.open(settings)
    assert again.upload(upload.id) == upload
    again.close()


def test_a_workspace_of_the_first_schema_is_brought_up_to_date(workspace: Workspace, settings: Settings) -> None:
    upload = workspace.stage_upload(Path(__file__), "x.py")
    workspace.layout.identity_file.unlink()
    with workspace.transaction() as connection:
        connection.execute(sa.text("DROP TABLE yardsticks"))
        connection.execute(sa.text("DROP TABLE workspace_identity"))
        for table in ("datasets", "runs"):
            connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN protocol"))
        # Those of schema 0005.
        for table in (datasets, runs, embeddings, jobs):
            for index in table.indexes:
                if len(index.columns) > 1:
                    index.drop(connection)
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    again = Workspace.open(settings)
    assert again.upload(upload.id) == upload
    with again.catalog.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    again.close()


def test_a_newer_schema_is_refused_and_left_alone(workspace: Workspace, settings: Settings) -> None:
    with workspace.transaction() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="newer EmbedLab"):
        Workspace.open(settings)
    assert database.stored_version(workspace.catalog.engine) == "9999"


def test_a_migration_that_fails_leaves_no_table_behind(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic import op

    create_table = op.create_table

    def fail(name: str, *columns: object, **options: object) -> object:
        if name == "embeddings":
            raise OSError("killed")
        return create_table(name, *columns, **options)

    monkeypatch.setattr(op, "create_table", fail)
    with pytest.raises(StorageError):
        Workspace.open(settings)
    monkeypatch.undo()
    opened = Workspace.open(settings)
    assert opened.datasets() == []
    opened.close()


def test_several_processes_may_open_a_fresh_workspace_at_once(settings: Settings) -> None:
    program = (
        "import sys; from pathlib import Path; from embedlab.core.settings import Settings;"
        "from embedlab.workspace.workspace import Workspace;"
        "w = Workspace.open(Settings(home=Path(sys.argv[1]), database_url=sys.argv[2]));"
        "w.stage_upload(Path(sys.argv[1]) / 'locks' / 'migration.lock', 'x')"
    )
    command = [sys.executable, "-c", program, str(settings.home), settings.database_url]
    started = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(4)]
    for process in started:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error.decode()
    opened = Workspace.open(settings)
    assert len(list((settings.home / "uploads").iterdir())) == 4
    opened.close()


def test_a_damaged_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite").write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(StorageError, match="cannot be opened"):
        Workspace.open(Settings(home=tmp_path))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="folder cannot be created"):
        Workspace.open(Settings(home=tmp_path / "file" / "home"))


def test_characters_with_a_meaning_in_addresses_may_be_in_the_folder(tmp_path: Path) -> None:
    home = tmp_path / "a%20b?c#d e\u00e9"
    Workspace.open(Settings(home=home)).close()
    assert (home / "catalogue.sqlite").exists()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "no address", "://"])
def test_an_unusable_address_is_bad_input(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError):
        Workspace.open(Settings(home=tmp_path, database_url=url))


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    url = "postgresql://ada:lovelace@127.0.0.1:1/none"
    with pytest.raises(StorageError) as caught:
        Workspace.open(Settings(home=tmp_path, database_url=url))
    assert "lovelace" not in str(caught.value)


def test_a_relative_file_is_the_same_for_every_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = database.catalog_url(Settings(home=tmp_path, database_url="sqlite:///cat.db"))
    assert url.database == str(tmp_path / "cat.db")


def test_the_database_tells_seconds_since_1970(workspace: Workspace) -> None:
    import time

    with workspace.catalog.engine.connect() as connection:
        assert connection.execute(sa.select(EpochNow())).scalar_one() == pytest.approx(time.time(), abs=60)


@pytest.mark.skipif(not POSTGRES, reason="no PostgreSQL; EMBEDLAB_TEST_POSTGRES names a database made for tests")
def test_the_tests_run_on_postgresql_too(request: pytest.FixtureRequest) -> None:
    assert sa.make_url(POSTGRES).get_backend_name() == "postgresql"
