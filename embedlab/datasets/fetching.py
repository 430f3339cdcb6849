"""Fetching one file over HTTPS: bounded, cancellable, and with a clear word when there is no connection."""

from __future__ import annotations

import ipaddress
import socket
import time
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from embedlab.errors import EmbedLabError, InputError, TooLargeError
from embedlab.files import storage_errors
from embedlab.progress import ReportProgress, ignore_progress

_TIMEOUT_S = 30
_SECONDS_BETWEEN_REPORTS = 0.5
_BYTES_AT_ONCE = 1 << 16
_OWN_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
_LONGEST_URL = 2000


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
    """Fetch what lies at an address into the new file `path`.

    Parameters
    ----------
    url
        Where it lies; must be HTTPS and in the public network, also after every redirection.
    title
        What people call it.
    max_bytes
        A larger file is refused, at the latest when so much has arrived.
    remedy
        What to do when it cannot be had.
    allow_http
        Allow plain HTTP from this machine itself, for tests.
    report
        Told how far the work is, at least once a second while bytes arrive; may raise to cancel it.

    Raises
    ------
    InputError
        The address is not allowed.
    TooLargeError
        The file is larger than `max_bytes`.
    EmbedLabError
        There is no connection, or the server refused.
    """
    import pooch
    import requests

    check_url(url, allow_http=allow_http)

    def check_answer(response: requests.Response, *_: object, **__: object) -> None:
        if response.is_redirect:
            check_url(urljoin(response.url, response.headers["location"]), allow_http=allow_http)

    downloader = pooch.HTTPDownloader(
        progressbar=_Pace(max_bytes, report),
        chunk_size=_BYTES_AT_ONCE,
        timeout=_TIMEOUT_S,
        hooks={"response": check_answer},
    )
    report(0.0, "downloading")
    try:
        with storage_errors(path):
            # What may be packed anew at any time has no lasting hash; whoever asks checks what arrived.
            pooch.retrieve(url, known_hash=None, fname=path.name, path=path.parent, downloader=downloader)
    except requests.exceptions.RequestException as error:
        raise EmbedLabError(f"{title} could not be downloaded.", received=_reason(error), remedy=remedy) from error


def file_name_of(url: str) -> str:
    """Return the name of the file an address ends in; the host where it ends in none."""
    parts = urlsplit(url)
    return PurePosixPath(unquote(parts.path)).name or parts.hostname or "download"


def check_url(url: str, *, allow_http: bool = False) -> None:
    """Raise `InputError` unless an address is one of HTTPS in the public network."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or len(url) > _LONGEST_URL or any(character.isspace() for character in url):
        raise InputError(
            "This is no address of a file.", received=url[:200], remedy="Give one that begins with https://."
        )
    if allow_http and parts.scheme == "http" and host in _OWN_MACHINE:
        return
    if parts.scheme != "https":
        raise InputError(
            "Downloads go over HTTPS only.", received=url, remedy="Give an address that begins with https://."
        )
    if _is_private(host):
        raise InputError(
            "The address lies in a private network.",
            received=host,
            remedy="Download the file yourself, and bring it.",
        )


def _is_private(host: str) -> bool:
    """Tell whether a host is this machine or in its own network: a server must not fetch from there for a stranger."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, 443, proto=socket.IPPROTO_TCP)}
    except OSError:
        # Unknown here: a proxy may know it, or the attempt tells that there is no connection.
        return False
    return not all(ipaddress.ip_address(str(address).split("%")[0]).is_global for address in found)


class _Pace:
    """Stands where pooch expects a progress bar: reports, and ends a download that is larger than it should be."""

    def __init__(self, max_bytes: int, report: ReportProgress) -> None:
        self.total = 0
        self._max_bytes = max_bytes
        self._report = report
        self._n_bytes = 0
        self._next_time = 0.0

    def update(self, n_bytes: int) -> None:
        self._n_bytes += n_bytes
        if max(self.total, self._n_bytes - n_bytes) > self._max_bytes:
            raise TooLargeError(
                "The download is larger than it should be.",
                received=f"{(self.total or self._n_bytes) / 1e6:,.0f} MB",
                remedy=f"At most {self._max_bytes / 1e6:,.0f} MB are fetched.",
            )
        if (now := time.monotonic()) >= self._next_time:
            self._next_time = now + _SECONDS_BETWEEN_REPORTS
            self._report(0.9 * min(1.0, self._n_bytes / (self.total or self._max_bytes)), "downloading")

    def reset(self) -> None:
        self._n_bytes = 0

    def close(self) -> None:
        """Do nothing; pooch calls it at the end."""


def _reason(error: Exception) -> str:
    import requests

    if isinstance(error, requests.exceptions.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code}"
    if isinstance(error, requests.exceptions.Timeout):
        return f"no answer within {_TIMEOUT_S} s"
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate is not trusted"
    return "no connection to the server"
