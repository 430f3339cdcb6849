"""The app that shows a workspace: the one that runs, or one that this process starts and stops."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO

from embedlab.cli.serve import free_port, require_app, server_command
from embedlab.core.errors import EmbedLabError
from embedlab.jobs.engine.server_file import running_server

_PATIENCE_S = 90.0
_STOP_PATIENCE_S = 10.0


class AppServer:
    """The app of one workspace. It counts who uses it, and ends with the last one if this process has started it."""

    def __init__(self, home: Path, port: int | None = None) -> None:
        self.home = home
        self.users = 0
        self._process: subprocess.Popen[bytes] | None = None
        address = running_server(home)
        if address is None:
            address = self._start(port)
        self.address = address

    def _start(self, port: int | None) -> str:
        require_app()
        chosen = free_port(port)
        # A file and not a pipe: nobody reads a pipe, and a full one stops the server.
        with tempfile.TemporaryFile() as log:
            return self._started(chosen, log)

    def _started(self, port: int, log: IO[bytes]) -> str:
        self._process = subprocess.Popen(
            server_command(port),
            env={**os.environ, "EMBEDLAB_HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        end = time.monotonic() + _PATIENCE_S
        while time.monotonic() < end and self._process.poll() is None:
            if (address := running_server(self.home)) is not None:
                return address
            time.sleep(0.1)
        self.stop()
        log.seek(0)
        last = log.read().decode("utf-8", errors="replace").strip().splitlines()[-1:]
        raise EmbedLabError("The app did not start.", received=" ".join(last), remedy="Try: embedlab serve.")

    @property
    def is_alive(self) -> bool:
        """Whether the app still answers."""
        return running_server(self.home) == self.address

    def stop(self) -> None:
        """End the app, if this process has started it."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
