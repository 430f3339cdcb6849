"""Server lifecycle: the queue is processed without any page."""

from __future__ import annotations

import asyncio
import threading

import pytest

from embedlab.ui.server import lifecycle as server
from embedlab.ui.shell import resources


class _Jobs:
    """Jobs that only tell that they were looked after."""

    def __init__(self, home: object) -> None:
        self.workspace = type("W", (), {"settings": type("S", (), {"home": home})()})()
        self.looked_after = threading.Event()
        self.kept_house = threading.Event()

    def dispatch(self) -> None:
        self.looked_after.set()

    def keep_house(self) -> None:
        self.kept_house.set()


def _dispatchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "dispatcher"]


def test_queue_is_processed_from_start_to_stop(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = _Jobs(tmp_path)
    monkeypatch.setattr(resources, "jobs", lambda: jobs)
    before = len(_dispatchers())

    async def serve() -> bool:
        async with server.lifespan(None):
            is_processed = await asyncio.to_thread(jobs.kept_house.wait, 20)
            assert len(_dispatchers()) == before + 1
            return is_processed

    assert asyncio.run(serve())
    assert jobs.looked_after.is_set()
    assert len(_dispatchers()) == before


def test_failing_server_stops_its_dispatcher(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "jobs", lambda: _Jobs(tmp_path))
    before = len(_dispatchers())

    async def serve() -> None:
        async with server.lifespan(None):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(serve())
    assert len(_dispatchers()) == before
