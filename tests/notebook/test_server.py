"""The file that says where the app runs, and the app that a program starts and stops."""

from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from embedlab.core.errors import InputError
from embedlab.jobs.engine.server_file import SERVER_FILE, remove_server, running_server, write_server
from embedlab.notebook.server import AppServer


@pytest.fixture
def delay_s():
    """The seconds after which the app answers, as the only element."""
    return [0.0]


@pytest.fixture
def address(delay_s):
    """An app that answers its health check."""

    class Healthy(BaseHTTPRequestHandler):
        def do_GET(self):
            time.sleep(delay_s[0])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok" if self.path == "/base/_stcore/health" else b"no")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Healthy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_address[1]}/base"
    server.shutdown()
    server.server_close()


def test_a_running_app_is_found_and_used(tmp_path, address):
    assert running_server(tmp_path) is None
    write_server(tmp_path, address)
    assert running_server(tmp_path) == address
    app = AppServer(tmp_path)
    assert (app.address, app.is_alive) == (address, True)
    # This process has not started it.
    app.stop()
    assert running_server(tmp_path) == address
    remove_server(tmp_path)
    assert running_server(tmp_path) is None
    remove_server(tmp_path)


def test_a_busy_app_is_not_started_a_second_time(tmp_path, address, delay_s):
    write_server(tmp_path, address)
    delay_s[0] = 3.0
    assert running_server(tmp_path) == address


CHANGES = {
    "reused-pid": {"started": 1.0},
    "dead": {"pid": 2**22 + 1},
    "elsewhere": {"host": "other"},
    "foreign": {"address": "http://evil.invalid:80"},
    "file": {"address": "file:///etc/passwd"},
    "silent": {"address": "http://localhost:1"},
    "port": {"address": "http://localhost:99999"},
    "number": {"address": 7},
    "no-start": {"started": None},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_is_not_true_any_more_is_ignored(tmp_path, address, change):
    write_server(tmp_path, address)
    stored = json.loads((tmp_path / SERVER_FILE).read_text())
    (tmp_path / SERVER_FILE).write_text(json.dumps({**stored, **change}))
    assert running_server(tmp_path) is None


def test_a_taken_port_is_said(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match="in use"):
            AppServer(tmp_path, taken.getsockname()[1])
