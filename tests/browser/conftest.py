"""A real server and a real Chromium for the browser tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
START_TIMEOUT_S = 120.0
#: For a single condition; a slow machine, or one that stands still for a moment, is not broken.
TIMEOUT_MS = 30_000


def find_chromium() -> str | None:
    """Return the path of a browser, or None."""
    found = (shutil.which(name) for name in NAMES)
    return os.environ.get("EMBEDLAB_CHROMIUM") or next(filter(None, found), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every browser test, and set its timeout."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


class Server:
    """A server of the app with a workspace of its own; may be killed and started again."""

    root = ROOT

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.log = home.with_name(f"{home.name}-server.log")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The environment of server and command line."""
        return {**os.environ, "EMBEDLAB_HOME": str(self.home), "PYTHONPATH": str(ROOT)}

    def launch(self) -> None:
        """Start the process, and do not wait."""
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(self.port)]
        flags = ["--server.headless", "true", "--server.fileWatcherType", "none"]
        # A file and not a pipe: nobody reads a pipe, and a full one stops the server.
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *flags], cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )

    def start(self, *, imported: bool = True) -> None:
        """Start and wait until it answers, and, unless `imported` is false, until it has imported what pages need."""
        self.launch()
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.origin}/_stcore/health", timeout=2) as answer:
                    if answer.read() == b"ok":
                        break
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        else:
            raise AssertionError(f"the server did not start:\n{self.log.read_text()}")
        if imported:
            # Whatever the answer, it comes after the imports.
            with suppress(HTTPError), urllib.request.urlopen(f"{self.origin}/healthz", timeout=START_TIMEOUT_S):
                pass

    def kill(self) -> None:
        """End the server as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=10)
        self.process = None

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line in the server's workspace."""
        return subprocess.run(
            [sys.executable, "-m", "embedlab", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )


@pytest.fixture
def new_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Server]]:
    """Start servers with empty workspaces."""
    started: list[Server] = []

    def start() -> Server:
        server = Server(tmp_path_factory.mktemp("workspace"))
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        _stop_everything(server)


def _stop_everything(server: Server) -> None:
    """End the server and the workers of its workspace."""
    import psutil

    if server.process is not None:
        server.kill()
    for process in psutil.process_iter(["cmdline"]):
        if "embedlab.jobs.engine.worker" in (process.info["cmdline"] or []):
            try:
                if process.environ().get("EMBEDLAB_HOME") == str(server.home):
                    process.kill()
            except psutil.Error:
                continue


@pytest.fixture
def server(new_server: Callable[[], Server]) -> Server:
    """One server with an empty workspace."""
    return new_server()


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """A browser for the whole session, or a skip (a failure where a browser is required)."""
    path = find_chromium()
    if path is None:
        message = f"no Chromium found (looked for {', '.join(NAMES)}; or set EMBEDLAB_CHROMIUM)"
        if os.environ.get("EMBEDLAB_REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium, request) -> Iterator[Callable[..., object]]:
    """Open pages that fail the test if they contact another origin or a script raises an error."""
    from tests.browser import reruns

    contexts, foreign, broken = [], [], []

    def open_page(origin: str, **options):
        context = chromium.new_context(viewport={"width": 1280, "height": 720}, **options)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        reruns.watch(context)
        page = context.new_page()

        def look(asked) -> None:
            parts = urlsplit(asked.url)
            if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != urlsplit(origin).netloc:
                foreign.append(asked.url)

        page.on("request", look)
        page.on("websocket", look)
        page.on("pageerror", lambda error: broken.append(str(error)))
        return page

    yield open_page
    for number, context in enumerate(contexts):
        for page in context.pages:
            folder = Path(__file__).parent / "screenshots"
            folder.mkdir(exist_ok=True)
            page.screenshot(path=folder / f"{request.node.name}-{number}.png")
        context.close()
    assert foreign == []
    assert broken == []


def settle(page) -> None:
    """Wait until the app is connected, and has run and drawn what the last action asks for."""
    from tests.browser.reruns import wait_until_at_rest

    wait_until_at_rest(page)


def open_at(page, server: Server, path: str = "/") -> None:
    """Open an address of the app and wait until it has settled."""
    page.goto(f"{server.origin}{path}")
    settle(page)
