"""Open files: the limit is raised, and pages do not leak file handles."""

from __future__ import annotations

import subprocess
import sys

import httpx
import psutil
import pytest

from embedlab.core.settings import Settings
from embedlab.ui.server import file_handles
from embedlab.workspace.workspace import Workspace
from tests.browser.conftest import Server
from tests.ui.conftest import keep, planted
from tests.ui.server.page_loads import PAGES, load_page

resource = pytest.importorskip("resource")


class Limits:
    """Replaces the module `resource`."""

    RLIMIT_NOFILE = resource.RLIMIT_NOFILE
    RLIM_INFINITY = resource.RLIM_INFINITY

    def __init__(self, soft, hard, refuses=False):
        self.limits = (soft, hard)
        self.refuses = refuses

    def getrlimit(self, which):
        return self.limits

    def setrlimit(self, which, limits):
        if self.refuses:
            raise ValueError("not permitted")
        self.limits = limits


@pytest.mark.parametrize(
    ("soft", "hard", "expected"),
    [
        pytest.param(256, resource.RLIM_INFINITY, 8192, id="macos"),
        pytest.param(1024, 1_048_576, 8192, id="linux"),
        pytest.param(256, 1000, 1000, id="low-hard-limit"),
        pytest.param(20_000, 50_000, 20_000, id="never-lowered"),
        pytest.param(1000, 1000, 1000, id="at-the-limit"),
        pytest.param(resource.RLIM_INFINITY, resource.RLIM_INFINITY, resource.RLIM_INFINITY, id="infinite"),
    ],
)
def test_soft_limit_is_raised_up_to_the_hard_limit(monkeypatch, soft, hard, expected):
    limits = Limits(soft, hard)
    monkeypatch.setitem(sys.modules, "resource", limits)
    assert file_handles.raise_limit() == expected
    assert limits.limits == (expected, hard)


def test_a_system_that_refuses_keeps_its_limit(monkeypatch):
    limits = Limits(256, resource.RLIM_INFINITY, refuses=True)
    monkeypatch.setitem(sys.modules, "resource", limits)
    assert file_handles.raise_limit() == 256


class FewHandles(Server):
    """A server started with the soft limit of macOS."""

    flags: tuple[str, ...] = ()

    def launch(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(self.port), *self.flags]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", 'ulimit -S -n 256; exec "$@"', "sh", *command],
                cwd=self.root,
                env=self.environment,
                stdout=log,
                stderr=log,
            )


class ForgetsSessions(FewHandles):
    """Lets sessions go a second after their tab was closed; Streamlit keeps them for two minutes, 128 at most."""

    flags = ("--server.disconnectedSessionTTL", "1")


@pytest.fixture
def start(tmp_path):
    started = []

    def start(kind):
        home = tmp_path / "home"
        workspace = Workspace.open(Settings(home=home))
        for at in range(8):
            keep(workspace, planted(), f"circle {at}")
        workspace.close()
        server = kind(home)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.kill()


@pytest.mark.slow
def test_a_hundred_page_loads_do_not_break_a_server_that_started_with_256_handles(start):
    server = start(FewHandles)
    for _ in range(100):
        load_page(server.port, "workspace")
    assert httpx.get(f"{server.origin}/", timeout=60).status_code == 200
    assert "Too many open files" not in server.log.read_text()


@pytest.mark.slow
def test_handles_do_not_grow_with_opened_pages(start):
    server = start(ForgetsSessions)
    process = psutil.Process(server.process.pid)

    def round_of_pages():
        for page in PAGES:
            load_page(server.port, page)
        files = sorted(file.path for file in process.open_files())
        of_catalog = [path for path in files if "catalogue.sqlite" in path]
        return process.num_fds(), len(of_catalog), [path for path in files if path not in of_catalog]

    for _ in range(3):
        warm, n_of_catalog, files = round_of_pages()
    for _ in range(5):
        now, n_of_catalog_now, files_now = round_of_pages()
    assert files_now == files
    # Connections in use at this moment vary; a leak would add one for each page of each round.
    assert n_of_catalog_now < n_of_catalog + 5 * len(PAGES)
    # Sessions of the last second have three handles each.
    assert now <= warm + 3 * len(PAGES)
