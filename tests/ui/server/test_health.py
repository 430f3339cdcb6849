from __future__ import annotations

from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from embedlab.core.errors import StorageError
from embedlab.jobs.engine.health import Health
from embedlab.ui.server import health, routes
from embedlab.ui.server.access import AccessGuard
from embedlab.ui.shell import resources

WELL = {"database_writable": True, "free_bytes": 10**10, "dispatcher_round_age_s": 0.4, "heartbeat_ages_s": {"a": 1.0}}


@pytest.fixture
def client(workspace):
    return TestClient(Starlette(routes=routes.routes()), base_url="http://localhost")


def find(monkeypatch, **values):
    monkeypatch.setattr(health, "health", lambda workspace: Health(**(WELL | values)))


def test_healthy_server_returns_200_with_figures(client, monkeypatch):
    find(monkeypatch)
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["ok"], told["reasons"], told["oldest_heartbeat_age_s"], told["running_jobs"]) == (True, [], 1.0, 1)
    assert told["open_files"] < told["open_files_limit"]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param({"database_writable": False}, "database", id="database"),
        pytest.param({"free_bytes": 499_999_999}, "disk is almost full: 500 MB", id="disk"),
        pytest.param({"free_bytes": None}, "free disk space", id="disk-unknown"),
        pytest.param({"dispatcher_round_age_s": 31.0}, "31 s ago", id="dispatcher"),
        pytest.param({"dispatcher_round_age_s": None}, "not processed the queue yet", id="no-dispatcher"),
        pytest.param({"heartbeat_ages_s": {"a": 1.0, "b": 500.0}}, "job b last reported 500 s", id="worker"),
    ],
)
def test_problem_returns_503_with_the_reason(client, monkeypatch, values, reason):
    find(monkeypatch, **values)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["ok"] is False
    (told,) = answer.json()["reasons"]
    assert reason in told


def test_exhausted_file_handles_are_reported(client, monkeypatch):
    find(monkeypatch)
    monkeypatch.setattr(health, "_handles", lambda: (250, 256))
    assert client.get("/healthz").json()["reasons"] == ["Almost all file handles are in use: 250 of 256."]


def test_unopenable_workspace_returns_503_without_its_path(client, monkeypatch):
    def broken():
        raise StorageError("The workspace folder cannot be created.", received="/secret/path")

    monkeypatch.setattr(resources, "workspace", broken)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["The workspace cannot be opened: The workspace folder cannot be created."]


def test_unexpected_error_returns_503_without_details(client, monkeypatch):
    monkeypatch.setattr(health, "health", lambda workspace: 1 / 0)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "Zero" not in answer.text


def test_a_full_disk_of_the_real_workspace_is_noticed(client, workspace, monkeypatch):
    monkeypatch.setattr("embedlab.jobs.engine.health.last_round_age_s", lambda home: 0.1)
    assert client.get("/healthz").json()["ok"] is True
    monkeypatch.setattr("embedlab.jobs.engine.health.shutil.disk_usage", lambda home: SimpleNamespace(free=10))
    assert client.get("/healthz").status_code == 503


def test_without_the_token_only_ok_is_returned(workspace, monkeypatch):
    guard = Middleware(AccessGuard, token="a-token-of-my-own", open_paths=frozenset({routes.HEALTH}))
    browser = TestClient(Starlette(routes=routes.routes(), middleware=[guard]), base_url="http://localhost")
    find(monkeypatch)
    assert browser.get("/healthz").json() == {"ok": True}
    find(monkeypatch, database_writable=False)
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False})
    browser.get("/?token=a-token-of-my-own", follow_redirects=False)
    assert "reasons" in browser.get("/healthz").json()
