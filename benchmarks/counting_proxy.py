"""A TCP proxy that counts bytes, since browsers report what they receive after decompression only."""

from __future__ import annotations

import socket
import threading
from types import TracebackType


class CountingProxy:
    """Forward connections to a port of this machine, and count what passes in both directions.

    Parameters
    ----------
    port
        The port of the server.
    """

    def __init__(self, port: int) -> None:
        self.n_bytes = 0
        self._target = port
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> CountingProxy:
        """Start to forward connections, once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._accept, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop counting; the address stays reserved until the process ends."""
        self.n_bytes = 0

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._target))
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while content := source.recv(65536):
                with self._lock:
                    self.n_bytes += len(content)
                sink.sendall(content)
        except OSError:
            # One side is gone.
            pass
        finally:
            sink.close()
