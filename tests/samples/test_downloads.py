"""Downloads from a local server: checked, bounded, and a clear word when there is no connection."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import socket
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from embedlab.core.errors import CancelledError, EmbedLabError, InputError, NotFoundError, TooLargeError
from embedlab.samples.downloads import DOWNLOADS, Member, download_named, fetch

RATINGS = b"userId,movieId,rating\n1,1,4.0\n"
FILMS = b"movieId,title,genres\n1,Toy Story (1995),Children\n"


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path.startswith("/elsewhere/"):
            self.send_response(302)
            self.send_header("Location", "http://example.org/ml-latest-small.zip")
            self.end_headers()
            return
        super().do_GET()


@pytest.fixture
def served(tmp_path):
    """A folder and the address it is served at."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def wanted():
    """MovieLens' entry with the members of a small stand-in."""
    original = download_named("movielens-small")
    members = (
        Member(member.name, member.file_name, len(content), hashlib.sha256(content).hexdigest())
        for member, content in ((original.data, RATINGS), (original.items, FILMS))
    )
    return dataclasses.replace(original, **dict(zip(("data", "items"), members, strict=True)))


def archive(ratings=RATINGS):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("ml-latest-small/ratings.csv", ratings)
        packed.writestr("ml-latest-small/movies.csv", FILMS)
        packed.writestr("ml-latest-small/README.txt", b"terms")
    return stream.getvalue()


def test_members_are_unpacked_and_checked(served, wanted, tmp_path):
    folder, url = served
    (folder / wanted.file_name).write_bytes(archive())
    target = tmp_path / "target"
    target.mkdir()
    shares = []
    files = fetch(wanted, target, base_url=url, allow_http=True, report=lambda share, _: shares.append(share))
    assert files.path.read_bytes() == RATINGS
    assert files.items_path.read_bytes() == FILMS
    assert sorted(path.name for path in target.iterdir()) == ["movies.csv", "ratings.csv"]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize(
    "content", [RATINGS.replace(b"4.0", b"4.5"), RATINGS + b"1,2,3.0\n"], ids=["changed", "longer"]
)
def test_a_changed_member_is_refused_and_nothing_is_left(served, wanted, tmp_path, content):
    folder, url = served
    (folder / wanted.file_name).write_bytes(archive(content))
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(EmbedLabError, match="not the expected file"):
        fetch(wanted, target, base_url=url, allow_http=True)
    assert list(target.iterdir()) == []


def test_a_cut_archive_is_refused(served, wanted, tmp_path):
    folder, url = served
    (folder / wanted.file_name).write_bytes(archive()[:100])
    with pytest.raises(EmbedLabError, match="not the expected file"):
        fetch(wanted, tmp_path, base_url=url, allow_http=True)


def test_a_missing_file_and_no_connection_are_told_with_a_remedy(served, wanted, tmp_path):
    with pytest.raises(EmbedLabError, match="answered 404") as caught:
        fetch(wanted, tmp_path, base_url=served[1], allow_http=True)
    assert "samples" in caught.value.remedy
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EmbedLabError, match="no connection"):
        fetch(wanted, tmp_path, base_url=f"http://127.0.0.1:{port}/", allow_http=True)


def test_plain_http_is_refused_also_behind_a_redirect(served, wanted, tmp_path):
    with pytest.raises(InputError, match="HTTPS"):
        fetch(wanted, tmp_path, base_url=served[1])
    with pytest.raises(InputError, match="HTTPS"):
        fetch(wanted, tmp_path, base_url="http://example.org/", allow_http=True)
    with pytest.raises(InputError, match="HTTPS"):
        fetch(wanted, tmp_path, base_url=f"{served[1]}elsewhere/", allow_http=True)


def test_a_download_above_its_bound_is_ended(served, wanted, tmp_path):
    folder, url = served
    (folder / wanted.file_name).write_bytes(b"x" * 500_000)
    with pytest.raises(TooLargeError):
        fetch(dataclasses.replace(wanted, max_bytes=100_000), tmp_path, base_url=url, allow_http=True)


def test_a_download_hears_that_it_should_stop(served, wanted, tmp_path):
    folder, url = served
    (folder / wanted.file_name).write_bytes(archive())

    def cancel(share, stage):
        raise CancelledError("stop")

    with pytest.raises(CancelledError):
        fetch(wanted, tmp_path, base_url=url, allow_http=True, report=cancel)


def test_real_entries_use_https_and_hashes_of_the_real_files(real_data):
    assert all(one.base_url.startswith("https://") for one in DOWNLOADS)
    movielens = download_named("movielens-small")
    for member in (movielens.data, movielens.items):
        content = real_data(f"ml-latest-small/{member.file_name}").read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (member.size_bytes, member.sha256)


def test_text8_is_checked_by_its_size_alone():
    assert (download_named("text8").data.size_bytes, download_named("text8").data.sha256) == (100_000_000, None)


def test_unknown_downloads_are_refused():
    with pytest.raises(NotFoundError):
        download_named("../secret")
