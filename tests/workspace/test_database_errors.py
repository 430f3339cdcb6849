"""A database that fails says so kindly, whoever asked it, and a full disk can always be made emptier."""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from embedlab.core.errors import ConflictError, NotFoundError, StorageError
from embedlab.core.settings import Settings
from embedlab.jobs.engine.queue import Queue
from embedlab.workspace import reserve, tables
from embedlab.workspace.catalog import new_id
from embedlab.workspace.database_errors import CatalogError, Failure, as_catalog_error
from embedlab.workspace.reserve import RESERVE_BYTES
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import add_yardstick
from tests.workspaces import POSTGRES, fill


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace on SQLite, whatever else is tested."""
    opened = Workspace.open(Settings(home=tmp_path / "home"))
    yield opened
    opened.close()


def _pragma(workspace: Workspace, pragma: str) -> None:
    """Let every connection of a workspace have a pragma."""

    def apply(connection: sqlite3.Connection, record: object) -> None:
        del record
        connection.execute(f"PRAGMA {pragma}")

    workspace.catalog.engine.dispose()
    sa.event.listen(workspace.catalog.engine, "connect", apply)


def _writes(workspace: Workspace, dataset_id: str) -> list[Callable[[], object]]:
    """Return every kind of write to the catalog."""
    queue = Queue(workspace.catalog)

    def submit() -> None:
        with workspace.transaction() as connection:
            queue.submit(connection, "import", "x" * 500_000, {})

    return [
        lambda: workspace.stage_upload(io.BytesIO(b"x"), "x" * 100),
        lambda: add_yardstick(workspace, dataset_id, "pairs", "p", [["a", "b", 1.0]] * 20_000),
        submit,
    ]


def test_a_file_that_cannot_be_opened_is_not_a_server_that_is_away(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(tmp_path / "missing" / "catalogue.sqlite")
    error = as_catalog_error(caught.value, connected=False)
    assert error.failure == Failure.CANNOT_OPEN_FILE
    assert "read-only" in error.remedy
    assert "server" not in f"{error.what} {error.remedy}"


# Full


def test_a_full_database_is_told_and_can_still_be_deleted_from(on_sqlite: Workspace) -> None:
    filled = fill(on_sqlite)
    with on_sqlite.catalog.engine.connect() as connection:
        n_pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    _pragma(on_sqlite, f"max_page_count={n_pages}")
    before = set((on_sqlite.settings.home / "uploads").iterdir())
    for write in _writes(on_sqlite, filled.dataset)[1:]:
        with pytest.raises(StorageError, match="disk with the catalog's database is full"):
            write()
    assert set((on_sqlite.settings.home / "uploads").iterdir()) == before
    on_sqlite.delete_dataset(filled.dataset)
    assert on_sqlite.datasets() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB, where the tests may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can mount a small disk")
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill_disk(folder: Path) -> Path:
    """Write until not a byte is left."""
    path = folder / "ballast"
    with path.open("wb", buffering=0) as stream:
        for size in (1 << 20, 4096, 1):
            try:
                while stream.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    assert shutil.disk_usage(folder).free == 0
    return path


def _dataset_of(workspace: Workspace, n_bytes: int) -> str:
    filled = fill(workspace)
    (workspace.layout.dataset(filled.dataset) / "corpus.txt").write_bytes(b"x" * n_bytes)
    return filled.dataset


@pytest.mark.parametrize("opened_before", [pytest.param(True, id="running"), pytest.param(False, id="opened-then")])
def test_deleting_works_on_a_disk_that_is_full_to_the_last_byte(small_disk: Path, opened_before: bool) -> None:
    settings = Settings(home=small_disk / "home")
    workspace = Workspace.open(settings)
    dataset_id = _dataset_of(workspace, 6_000_000)
    assert workspace.layout.reserve_file.stat().st_size == RESERVE_BYTES
    if not opened_before:
        workspace.close()
    _fill_disk(small_disk)
    if not opened_before:
        workspace = Workspace.open(settings)
    with pytest.raises(StorageError, match="full"):
        workspace.stage_upload(io.BytesIO(b"x" * 4_000_000), "x")
    workspace.delete_dataset(dataset_id)
    assert workspace.datasets() == []
    assert shutil.disk_usage(small_disk).free > 3_000_000
    # Held back again, for the next time.
    assert workspace.layout.reserve_file.stat().st_size == RESERVE_BYTES
    workspace.close()


def test_opening_on_a_full_disk_does_not_give_the_reserve_to_others(small_disk: Path) -> None:
    settings = Settings(home=small_disk / "home")
    workspace = Workspace.open(settings)
    dataset_id = _dataset_of(workspace, 1_000_000)
    workspace.close()
    for number in range(3):
        # Each time, what is left is eaten by another program.
        _fill_disk(small_disk).rename(small_disk / f"eaten-{number}")
        workspace = Workspace.open(settings)
        assert workspace.layout.reserve_file.stat().st_size > 0.9 * RESERVE_BYTES
        workspace.close()
    _fill_disk(small_disk)
    workspace = Workspace.open(settings)
    workspace.delete_dataset(dataset_id)
    assert workspace.datasets() == []
    workspace.close()


def test_the_reserve_is_not_taken_where_little_is_left(small_disk: Path) -> None:
    workspace = Workspace.open(Settings(home=small_disk / "home"))
    reserve.release(workspace.layout)
    free = shutil.disk_usage(small_disk).free
    (small_disk / "ballast").write_bytes(b"x" * (free - RESERVE_BYTES - 100_000))
    reserve.restore(workspace.layout)
    assert not workspace.layout.reserve_file.exists()
    workspace.close()


def test_the_reserve_goes_only_to_a_full_disk(on_sqlite: Workspace) -> None:
    def fail() -> None:
        raise StorageError("Something else.")

    with pytest.raises(StorageError, match="Something else"):
        on_sqlite.freeing(fail)
    assert on_sqlite.layout.reserve_file.exists()


def test_work_is_done_again_with_the_reserve_when_the_database_is_full(on_sqlite: Workspace) -> None:
    seen: list[bool] = []

    def work() -> str:
        seen.append(on_sqlite.layout.reserve_file.exists())
        if len(seen) == 1:
            raise CatalogError("full", failure=Failure.FULL)
        return "done"

    assert on_sqlite.freeing(work) == "done"
    assert seen == [True, False]
    assert on_sqlite.layout.reserve_file.stat().st_size == RESERVE_BYTES


# Locked, read-only, damaged, away


def test_a_locked_database_is_told_as_busy(on_sqlite: Workspace) -> None:
    filled = fill(on_sqlite)
    _pragma(on_sqlite, "busy_timeout=50")
    other = sqlite3.connect(on_sqlite.settings.home / "catalogue.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        for write in (
            *_writes(on_sqlite, filled.dataset),
            lambda: on_sqlite.rename_dataset(filled.dataset, "x"),
            lambda: on_sqlite.delete_dataset(filled.dataset),
            lambda: Queue(on_sqlite.catalog).requeue(filled.run, resumed=False),
        ):
            with pytest.raises(StorageError, match="is busy") as caught:
                write()
            # Who waits for a database that is away waits for this one too.
            assert isinstance(caught.value, sa.exc.OperationalError)
        assert on_sqlite.datasets()[0].name == "texts"
    finally:
        other.close()


def test_a_read_only_database_is_told_and_can_be_read(on_sqlite: Workspace) -> None:
    filled = fill(on_sqlite)
    _pragma(on_sqlite, "query_only=ON")
    for write in (*_writes(on_sqlite, filled.dataset), lambda: on_sqlite.delete_run(filled.run)):
        with pytest.raises(StorageError, match="cannot be written"):
            write()
    assert on_sqlite.load_embedding(filled.embedding).n_keys == 4


def test_a_workspace_on_a_read_only_disk_says_so(small_disk: Path) -> None:
    settings = Settings(home=small_disk / "home")
    workspace = Workspace.open(settings)
    fill(workspace)
    workspace.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    # Its log lies beside it: without a place for that SQLite does not even read.
    with pytest.raises(StorageError, match="cannot be opened"):
        Workspace.open(settings)


@pytest.mark.parametrize("read", ["datasets", "runs", "embeddings", "usage", "queue"])
def test_a_database_that_is_damaged_meanwhile_is_told_by_every_reading(on_sqlite: Workspace, read: str) -> None:
    fill(on_sqlite)
    queue = Queue(on_sqlite.catalog)
    with on_sqlite.catalog.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    on_sqlite.close()
    path = on_sqlite.settings.home / "catalogue.sqlite"
    size = path.stat().st_size
    with path.open("rb+") as stream:
        stream.seek(4096)
        stream.write(os.urandom(size - 4096))
    ask = {"queue": queue.find, "usage": on_sqlite.usage}.get(read) or getattr(on_sqlite, read)
    with pytest.raises(StorageError, match="damaged"):
        ask()
    with pytest.raises(StorageError, match=r"cannot be opened.*damaged"):
        Workspace.open(on_sqlite.settings)


def test_tables_that_are_gone_are_told(on_sqlite: Workspace) -> None:
    with on_sqlite.transaction() as connection:
        connection.execute(sa.text("PRAGMA foreign_keys=OFF"))
        connection.execute(sa.text("DROP TABLE projections"))
    with pytest.raises(StorageError, match=r"database failed.*no such table"):
        on_sqlite.usage()


def test_rows_that_rest_on_missing_ones_and_our_own_mistakes_stay_what_they_are(workspace: Workspace) -> None:
    values = {"id": new_id(), "embedding_id": new_id(), "method": "pca", "n_components": 2, "seed": 0}
    values |= {"parameters": {}, "quality": {}, "created_at": 0.0}
    with pytest.raises(ConflictError), workspace.transaction() as connection:
        workspace.catalog.insert(connection, tables.projections, values)
    with pytest.raises(NotFoundError):
        workspace.dataset(new_id())


@pytest.mark.parametrize(
    ("url", "what"),
    [
        pytest.param("postgresql://ada:lovelace@127.0.0.1:1/none", "cannot be reached", id="nobody-listens"),
        pytest.param("postgresql://ada:lovelace@no.such.host.invalid/none", "cannot be reached", id="no-such-host"),
    ],
)
def test_a_server_that_is_away_is_told_without_its_password(tmp_path: Path, url: str, what: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StorageError, match=what) as caught:
        Workspace.open(Settings(home=tmp_path, database_url=url))
    assert "lovelace" not in str(caught.value)


@pytest.mark.skipif(not POSTGRES, reason="no PostgreSQL; EMBEDLAB_TEST_POSTGRES names a database made for tests")
def test_a_connection_to_postgresql_that_is_lost_is_told(workspace: Workspace) -> None:
    if workspace.catalog.engine.dialect.name != "postgresql":
        pytest.skip("only of PostgreSQL")
    with pytest.raises(StorageError, match="cannot be reached"), workspace.transaction() as connection:
        connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert workspace.datasets() == []


class _Coded(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(f"as {code} says\nand more")
        self.sqlstate = code


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("53100", Failure.FULL),
        ("53300", Failure.BUSY),
        ("55P03", Failure.BUSY),
        ("40P01", Failure.BUSY),
        ("25006", Failure.READ_ONLY),
        ("XX001", Failure.DAMAGED),
        ("57P01", Failure.AWAY),
        ("08006", Failure.AWAY),
        ("99999", Failure.OTHER),
    ],
)
def test_codes_of_postgresql_are_understood(code: str, failure: Failure) -> None:
    error = as_catalog_error(_Coded(code))
    assert error.failure == failure
    assert error.received == f"as {code} says"


def test_the_error_survives_a_process_boundary() -> None:
    import pickle

    error = CatalogError("What.", received="value", remedy="Do.", failure=Failure.FULL)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (CatalogError, "What. Received: value. Do.")


# What stands in the place of the workspace


def test_a_folder_in_place_of_the_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite").mkdir()
    with pytest.raises(StorageError, match="cannot be opened"):
        Workspace.open(Settings(home=tmp_path))


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("x")
    with pytest.raises(StorageError, match="folder cannot be created"):
        Workspace.open(Settings(home=tmp_path / "home"))


def test_a_file_in_place_of_a_room_is_told(tmp_path: Path) -> None:
    (tmp_path / "datasets").write_text("x")
    with pytest.raises(StorageError, match="folder cannot be created"):
        Workspace.open(Settings(home=tmp_path))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"x" * 5000, id="no-database"),
        pytest.param(b"SQLite format 3\0" + b"\0" * 5000, id="header-alone"),
        pytest.param(b"SQLite format 3\0" + bytes(range(256)) * 20, id="header-and-noise"),
    ],
)
def test_a_corrupt_database_is_told_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalogue.sqlite"
    path.write_bytes(content)
    with pytest.raises(StorageError, match="cannot be opened"):
        Workspace.open(Settings(home=tmp_path))
    assert path.read_bytes() == content


def test_the_command_line_tells_it_without_a_trace(on_sqlite: Workspace) -> None:
    home = on_sqlite.settings.home
    on_sqlite.close()
    (home / "catalogue.sqlite").write_bytes(b"x" * 5000)
    environment = {**os.environ, "EMBEDLAB_HOME": str(home), "EMBEDLAB_DATABASE_URL": ""}
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "embedlab", "datasets"]
    ended = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "damaged" in ended.stderr
    assert "Traceback" not in ended.stderr
