"""Servers that want to hold a download, fill the disk or the memory, or lead it in a circle."""

from __future__ import annotations

import gzip
import socket
import threading

import pytest

from embedlab.core.errors import CancelledError, EmbedLabError, InputError, TooLargeError, TooSlowError
from embedlab.reading import fetching
from embedlab.reading.fetching import fetch_file
from embedlab.reading.network import pace

MEGABYTE = 1_000_000
HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def hostile(request):
    """Start a server that answers each connection by a function of its socket; return its address."""
    listening, over = socket.create_server(("127.0.0.1", 0)), threading.Event()
    threads = []

    def start(answer):
        def serve():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    try:
                        answer(connection, over)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        threads.append(thread)
        return f"http://127.0.0.1:{listening.getsockname()[1]}/x"

    yield start
    over.set()
    # Wakes the thread in accept; closing alone would not.
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    for thread in threads:
        thread.join(timeout=10)


def drip(first, piece):
    def answer(connection, over):
        connection.sendall(first)
        while not over.wait(0.02):
            connection.sendall(piece)

    return answer


def fetch(url, path, **options):
    asked = {"title": "The file", "max_bytes": MEGABYTE, "remedy": "Try later.", "allow_http": True}
    fetch_file(url, path, **(asked | options))


DRIPS = [
    pytest.param(drip(HEAD + b"Content-Length: 900000\r\n\r\n", b"x"), id="body"),
    pytest.param(drip(HEAD, b"a"), id="header"),
    pytest.param(drip(b"H", b"T"), id="status-line"),
    pytest.param(drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="endless-continue"),
    pytest.param(drip(b"", b""), id="silence"),
]


@pytest.mark.parametrize("answer", DRIPS)
def test_a_server_that_drips_is_given_up(hostile, tmp_path, monkeypatch, answer):
    monkeypatch.setattr(pace, "WINDOW_S", 1.0)
    with pytest.raises(TooSlowError, match="too slow") as caught:
        fetch(hostile(answer), tmp_path / "got")
    assert caught.value.remedy == "Try later."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("answer", DRIPS)
def test_a_download_that_stands_still_can_be_cancelled(hostile, tmp_path, answer):
    reports = []

    def report(share, stage):
        reports.append(share)
        if len(reports) == 3:
            raise CancelledError("stop")

    with pytest.raises(CancelledError):
        fetch(hostile(answer), tmp_path / "got", report=report)
    assert list(tmp_path.iterdir()) == []
    assert not [thread for thread in threading.enumerate() if thread.name == "download"]


def test_a_look_up_that_hangs_does_not_keep_the_download_from_being_cancelled(tmp_path, monkeypatch):
    release = threading.Event()

    def hangs(*_, **__):
        release.wait(30)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", hangs)

    def report(share, stage):
        raise CancelledError("stop")

    with pytest.raises(CancelledError):
        fetch("https://vectors.example.org/x", tmp_path / "got", report=report)
    release.set()
    assert list(tmp_path.iterdir()) == []


def send(*pieces):
    def answer(connection, over):
        for piece in pieces:
            connection.sendall(piece)

    return answer


def test_a_bomb_is_bounded_by_what_comes_out_of_it(hostile, tmp_path):
    bomb = gzip.compress(bytes(50 * MEGABYTE))
    assert len(bomb) < MEGABYTE // 10
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with pytest.raises(TooLargeError):
        fetch(hostile(send(head, bomb)), tmp_path / "got")
    assert list(tmp_path.iterdir()) == []


def test_an_answer_packed_once_arrives_unpacked_and_packed_twice_is_refused(hostile, tmp_path):
    packed = gzip.compress(b"vectors")
    head = HEAD + b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n"
    fetch(hostile(send(head % (b"gzip", len(packed)), packed)), tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == b"vectors"


def test_an_answer_packed_twice_is_refused(hostile, tmp_path):
    packed = gzip.compress(gzip.compress(b"vectors"))
    head = HEAD + b"Content-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with pytest.raises(InputError, match="packed several times"):
        fetch(hostile(send(head, packed)), tmp_path / "got")


def test_an_endless_body_without_a_length_is_bounded(hostile, tmp_path):
    def endless(connection, over):
        connection.sendall(HEAD + b"\r\n")
        while not over.is_set():
            connection.sendall(bytes(65536))

    with pytest.raises(TooLargeError):
        fetch(hostile(endless), tmp_path / "got")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(send(HEAD, b"x: " + b"y" * 100_000 + b"\r\n\r\n"), id="long-header"),
        pytest.param(send(HEAD, b"x: y\r\n" * 1000, b"\r\n"), id="many-headers"),
        pytest.param(send(b"\x00\x01\x02\r\n\r\n"), id="no-http"),
        pytest.param(send(b""), id="nothing"),
        pytest.param(send(HEAD, b"Content-Length: 100\r\n\r\nshort"), id="cut"),
        pytest.param(send(HEAD, b"Transfer-Encoding: chunked\r\n\r\nzz\r\nx"), id="bad-chunk"),
        pytest.param(send(HEAD, b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbomb"), id="bad-gzip"),
    ],
)
def test_a_broken_answer_is_told_with_a_remedy(hostile, tmp_path, answer):
    with pytest.raises(EmbedLabError, match="could not be downloaded") as caught:
        fetch(hostile(answer), tmp_path / "got")
    assert caught.value.remedy == "Try later."
    assert "answer" in str(caught.value.received) or "connection broke" in str(caught.value.received)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [b"302 Found", b"204 No Content", b"206 Partial Content", b"500 Oh"])
def test_only_a_whole_file_is_taken(hostile, tmp_path, status):
    with pytest.raises(EmbedLabError, match=f"answered {status[:3].decode()}"):
        fetch(hostile(send(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")), tmp_path / "got")


def test_redirects_in_a_circle_end(hostile, tmp_path):
    count = []

    def circle(connection, over):
        count.append(1)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    with pytest.raises(InputError, match="redirects too often"):
        fetch(hostile(circle), tmp_path / "got")
    assert len(count) == fetching._MOST_REDIRECTS + 1


def test_the_body_of_a_redirect_is_not_read_and_its_connection_is_closed(hostile, tmp_path):
    closed = []

    def answer(connection, over):
        if closed:
            connection.sendall(HEAD + b"Content-Length: 2\r\n\r\nok")
            return
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /y\r\n\r\n")
        try:
            while not over.is_set():
                connection.sendall(bytes(65536))
        except OSError:
            closed.append(True)

    fetch(hostile(answer), tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == b"ok"
    assert closed == [True]
