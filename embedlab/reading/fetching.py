"""Fetching one file over HTTPS: from the public network only, bounded in size and time, and cancellable."""

from __future__ import annotations

import threading
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

from embedlab.core.errors import CancelledError, EmbedLabError, InputError
from embedlab.core.files import atomic_file
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.reading.network.addresses import OWN_MACHINE, not_an_address, refuse_private, resolve
from embedlab.reading.network.pace import Pace

if TYPE_CHECKING:
    import requests

_CONNECT_TIMEOUT_S = 10.0
_READ_TIMEOUT_S = 30.0
_SECONDS_BETWEEN_REPORTS = 0.5
_BYTES_AT_ONCE = 1 << 16
_LONGEST_URL = 2000
_MOST_REDIRECTS = 5
_HTTPS_PORT = 443
_OK = 200
#: Lower ports belong to other services.
_FIRST_FREE_PORT = 1024


def fetch_file(
    url: str,
    path: Path,
    *,
    title: str,
    max_bytes: int,
    remedy: str,
    allow_http: bool = False,
    report: ReportProgress = ignore_progress,
) -> None:
    """Download the file at an address into the new file `path`.

    The address that a name resolves to is checked and used in one go, also after every redirect; proxies and passwords
    of the environment are not used.

    Parameters
    ----------
    url
        HTTPS, and in the public network.
    title
        Name of the file in messages.
    max_bytes
        A larger file is refused, at the latest when this many bytes have arrived (after unpacking).
    remedy
        What to do when the download fails.
    allow_http
        Allow plain HTTP from this machine itself, for tests.
    report
        Called with the progress twice a second, whether or not bytes arrive; may raise to cancel.

    Raises
    ------
    InputError
        The address is not allowed.
    TooLargeError
        The file is larger than `max_bytes`.
    TooSlowError
        It arrives with less than 10 kB/s, averaged over a minute.
    EmbedLabError
        There is no connection, or the server refused.
    """
    import requests

    pace = Pace(max_bytes, report, remedy)
    try:
        with atomic_file(path) as stream:
            _Download(url, stream, pace, allow_http=allow_http).run()
    except requests.exceptions.RequestException as error:
        raise EmbedLabError(f"{title} could not be downloaded.", received=_reason(error), remedy=remedy) from error


class _Download:
    """One download in its own thread, so that it can be cancelled while the network does not respond."""

    def __init__(self, url: str, stream: IO[bytes], pace: Pace, *, allow_http: bool) -> None:
        self._url = url
        self._stream = stream
        self._pace = pace
        self._allow_http = allow_http
        # Slow to import, and only a download needs it.
        from embedlab.reading.network.pinned import OpenSockets

        self._sockets = OpenSockets()
        self._is_over = False
        self._writing = threading.Lock()
        self._error: BaseException | None = None

    def run(self) -> None:
        """Download, and raise what goes wrong here or in the thread."""
        thread = threading.Thread(target=self._fetch_or_note, name="download", daemon=True)
        thread.start()
        try:
            while thread.is_alive():
                self._pace.check()
                thread.join(_SECONDS_BETWEEN_REPORTS)
        finally:
            # A name lookup cannot be interrupted; a thread still in one finds that it may no longer write.
            with self._writing:
                self._is_over = True
            self._sockets.end()
            thread.join(_SECONDS_BETWEEN_REPORTS)
        if self._error is not None:
            raise self._error
        self._pace.check()

    def _fetch_or_note(self) -> None:
        try:
            self._fetch()
        except BaseException as error:
            self._error = error

    def _fetch(self) -> None:
        from embedlab.reading.network.pinned import pinned_session

        with pinned_session(self._sockets, allow_http=self._allow_http) as session:
            url = self._url
            for _ in range(_MOST_REDIRECTS + 1):
                check_form(url, allow_http=self._allow_http)
                with session.get(url, stream=True, timeout=(_CONNECT_TIMEOUT_S, _READ_TIMEOUT_S)) as response:
                    target = session.redirect_of(response)
                    if target is None:
                        self._save(response)
                        return
                    url = urljoin(url, target)
                self._sockets.close()
        raise InputError(
            "The address redirects too often.",
            received=f"more than {_MOST_REDIRECTS} redirects",
            remedy="Give the address of the file itself.",
        )

    def _save(self, response: requests.Response) -> None:
        import requests

        if response.status_code != _OK:
            raise requests.exceptions.HTTPError(response=response)
        packings = response.headers.get("content-encoding", "identity")
        if "," in packings:
            raise InputError("The server sends the file packed several times.", received=packings)
        announced = response.headers.get("content-length", "")
        if packings == "identity" and announced.isascii() and announced.isdecimal():
            self._pace.expect(int(announced))
        for piece in response.iter_content(_BYTES_AT_ONCE):
            self._pace.add(len(piece))
            with self._writing:
                if self._is_over:
                    raise CancelledError("The download was stopped.")
                self._stream.write(piece)


def file_name_of(url: str) -> str:
    """Return the file name at the end of an address, or the host if there is none."""
    parts = urlsplit(url)
    return PurePosixPath(unquote(parts.path)).name or parts.hostname or "download"


def check_form(url: str, *, allow_http: bool = False) -> str:
    """Return the host of an address, or raise `InputError` unless it is one of HTTPS; nothing is looked up."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        _ = (host or "").encode("idna")
    except ValueError:
        host, port = None, None
    if not host or len(url) > _LONGEST_URL or any(character.isspace() for character in url):
        raise not_an_address(url[:200])
    if parts.username is not None or parts.password is not None:
        raise InputError(
            "The address contains a user name or a password.",
            received=f"{parts.scheme}://…@{host}",
            remedy="Give an address that needs no password: it would be stored with the job.",
        )
    if allow_http and parts.scheme == "http" and host in OWN_MACHINE:
        return host
    if parts.scheme != "https":
        raise InputError(
            "Downloads use HTTPS only.", received=url[:200], remedy="Give an address that begins with https://."
        )
    if port not in {None, _HTTPS_PORT} and (port or 0) < _FIRST_FREE_PORT:
        raise InputError(
            "The address names a port that is not one of a web server.",
            received=port,
            remedy=f"Leave the port out, or give one from {_FIRST_FREE_PORT} to 65535.",
        )
    return host


def check_url(url: str, *, allow_http: bool = False) -> None:
    """Raise `InputError` unless an address is one of HTTPS in the public network, as far as that is known now.

    The download checks again, where it connects. An unknown name is accepted here: the download
    itself reports that there is no connection.
    """
    host = check_form(url, allow_http=allow_http)
    if allow_http and host in OWN_MACHINE:
        return
    try:
        found = resolve(host, _HTTPS_PORT)
    except OSError:
        return
    refuse_private(host, found)


def _reason(error: Exception) -> str:
    import requests
    import urllib3

    if isinstance(error, requests.exceptions.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code}"
    if isinstance(error, requests.exceptions.Timeout):
        return f"no answer within {_READ_TIMEOUT_S:.0f} s"
    if isinstance(error, requests.exceptions.InvalidURL):
        return "this is not a valid address"
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate is not trusted"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "the server's answer is damaged"
    broken = isinstance(error, requests.exceptions.ChunkedEncodingError)
    if broken or (error.args and isinstance(error.args[0], urllib3.exceptions.ProtocolError)):
        return "the connection broke, or the server's answer is not valid HTTP"
    return "no connection to the server"
