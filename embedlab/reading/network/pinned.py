"""HTTP connections that check and use one and the same address, so that no second lookup can return another.

A name may resolve to a public address when it is checked and to 127.0.0.1 when it is connected to (DNS rebinding). Here
each connection resolves its name once, checks the addresses, and connects to one of those. TLS still names and verifies
the host by its name: urllib3 takes both from the connection's `host`, and only the socket is made here.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from embedlab.core.errors import CancelledError
from embedlab.reading.network.addresses import OWN_MACHINE, Resolved, refuse_private, resolve

_CONNECT_TIMEOUT_S = 10.0


class OpenSockets:
    """The sockets of one download, so that another thread can end it while it waits for the network."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_over = False

    def add(self, opened: socket.socket) -> None:
        """Remember a socket by a duplicate, which TLS does not take over; raises `CancelledError` after `end`."""
        with self._lock:
            if self._is_over:
                opened.close()
                raise CancelledError("The download was stopped.")
            self._sockets.append(opened.dup())

    def end(self) -> None:
        """Wake every thread that waits for one of the sockets, and let no new one be opened."""
        with self._lock:
            self._is_over = True
            self._close_all()

    def close(self) -> None:
        """Close the sockets; new ones may be opened. A connection with a duplicate stays open until both are closed."""
        with self._lock:
            self._close_all()

    def _close_all(self) -> None:
        for opened in self._sockets:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()
        self._sockets.clear()


def connect(address: Resolved) -> socket.socket:
    """Connect to exactly this address; raises `OSError`."""
    opened = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        opened.settimeout(_CONNECT_TIMEOUT_S)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.connect(address.sockaddr)
    except BaseException:
        opened.close()
        raise
    return opened


def _open_socket(connection: HTTPConnection, sockets: OpenSockets, allow_own_machine: bool) -> socket.socket:
    """Replace urllib3's `_new_conn`, which would resolve the name itself."""
    host, port = connection._dns_host, connection.port or connection.default_port
    try:
        found = resolve(host, port)
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    if not (allow_own_machine and host in OWN_MACHINE):
        refuse_private(host, found)
    failure: OSError = OSError("the name has no address")
    for address in found:
        try:
            opened = connect(address)
        except OSError as error:
            failure = error
            continue
        sockets.add(opened)
        opened.settimeout(connection.timeout if isinstance(connection.timeout, (int, float)) else _CONNECT_TIMEOUT_S)
        return opened
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, f"Connection to {connection.host} timed out.") from failure
    raise NewConnectionError(connection, f"Failed to establish a new connection: {failure}") from failure


class PinnedAdapter(HTTPAdapter):
    """Transport of `requests` over pinned connections. Proxies are refused: they resolve names themselves."""

    def __init__(self, sockets: OpenSockets, *, allow_own_machine: bool = False) -> None:
        self._open_sockets = sockets
        self._allow_own_machine = allow_own_machine
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pools of connections."""
        sockets, allow_own_machine = self._open_sockets, self._allow_own_machine

        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return _open_socket(self, sockets, allow_own_machine)

        class Secure(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return _open_socket(self, sockets, allow_own_machine)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        super().init_poolmanager(*arguments, **options)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        """Refuse; a session of `pinned_session` never asks."""
        raise NotImplementedError("a proxy would look up names by itself")


class PinnedSession(requests.Session):
    """A session that does not follow redirects itself.

    requests reads the body of every redirect into memory first, however long it is, even if it does not follow it.
    """

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return None: to requests, no answer is a redirect."""
        del resp
        return None

    def redirect_of(self, response: requests.Response) -> str | None:
        """Return the target of a redirect as the response gives it; None if the response is not a redirect."""
        return super().get_redirect_target(response)


def pinned_session(sockets: OpenSockets, *, allow_http: bool = False) -> PinnedSession:
    """Return a session that uses neither proxies nor passwords of the environment.

    Parameters
    ----------
    sockets
        Where its sockets are remembered.
    allow_http
        Allow plain HTTP from this machine itself, for tests.
    """
    session = PinnedSession()
    session.trust_env = False
    # A company's own certificate authority still works, configured the way requests expects it.
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    # A compressed response is unpacked here, so a small response could become a large file.
    session.headers["accept-encoding"] = "identity"
    session.mount("https://", PinnedAdapter(sockets))
    if allow_http:
        session.mount("http://", PinnedAdapter(sockets, allow_own_machine=True))
    else:
        del session.adapters["http://"]
    return session
