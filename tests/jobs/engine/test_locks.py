"""Locks that die with their process, and what is done where there are none."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock, SoftFileLock

from embedlab.jobs.engine import locks

ROOT = Path(__file__).resolve().parents[3]


def _holder(path: Path) -> subprocess.Popen[str]:
    program = (
        "import sys, time; from pathlib import Path; from embedlab.jobs.engine import locks;"
        "held = locks.hold_job(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_killed_process_lets_go(tmp_path: Path) -> None:
    assert locks.worker_lives(tmp_path) is False
    holder = _holder(tmp_path)
    assert locks.worker_lives(tmp_path) is True
    assert locks.hold_job(tmp_path, patience_s=0.1) is None
    holder.kill()
    holder.wait()
    assert locks.worker_lives(tmp_path) is False
    held = locks.hold_job(tmp_path)
    assert held is not None
    assert locks.worker_lives(tmp_path) is True
    held.release()
    assert locks.worker_lives(tmp_path) is False


def test_slots_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_PATIENCE_S", 0.2)
    assert locks.free_slots(tmp_path, 2) == 2
    held = [locks.hold_slot(tmp_path, 2) for _ in range(3)]
    assert [each is not None for each in held] == [True, True, False]
    assert locks.free_slots(tmp_path, 2) == 0
    assert locks.free_slots(tmp_path, 3) == 1
    held[0].release()
    assert locks.free_slots(tmp_path, 2) == 1
    assert locks.hold_slot(tmp_path, 2) is not None


def test_a_folder_is_put_in_order_without_a_worker(tmp_path: Path) -> None:
    with locks.without_worker(tmp_path) as alone:
        assert alone
        with locks.without_worker(tmp_path) as second:
            assert not second
    with locks.without_worker(tmp_path / "no-such-job") as alone:
        assert alone
    assert not (tmp_path / "no-such-job").exists()


@pytest.mark.parametrize(
    "error", [NotImplementedError(), OSError(errno.EOPNOTSUPP, ""), OSError(errno.ENOLCK, ""), None]
)
def test_without_locks_only_the_lease_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    (tmp_path / "worker.lock").touch()

    def acquire(lock: FileLock, **options: object) -> None:
        if error is not None:
            raise error
        lock.__class__ = SoftFileLock

    monkeypatch.setattr(FileLock, "acquire", acquire)
    assert locks.worker_lives(tmp_path) is None
    assert locks.free_slots(tmp_path, 3) == 3
    for held in (locks.hold_job(tmp_path), locks.hold_slot(tmp_path, 1)):
        assert held is not None
        held.release()
    with locks.without_worker(tmp_path) as alone:
        assert alone


def test_a_missing_right_is_no_missing_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def acquire(lock: FileLock, **options: object) -> None:
        raise PermissionError(errno.EACCES, "denied")

    monkeypatch.setattr(FileLock, "acquire", acquire)
    with pytest.raises(PermissionError):
        locks.hold_job(tmp_path)
