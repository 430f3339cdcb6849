"""Running cases in a process of their own, so that a crash, a hang or too much memory is a finding and not the end."""

from __future__ import annotations

import multiprocessing as mp
import os
import resource
import shutil
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from tests.fuzz.cases import case

#: Far more than any file of a few megabytes takes on a busy machine.
LONGEST_S = 60.0
#: How much more memory than ever before a process may have in use for one file.
MOST_MB = 600


@dataclass(frozen=True)
class Finding:
    """What came of a case; `is_fault` where it is neither an import nor an error of our own."""

    seed: int
    number: int
    name: str
    kind: str
    outcome: str
    is_fault: bool


def run(seed: int, numbers: Iterable[int], longest_s: float = LONGEST_S) -> Iterator[Finding]:
    """Yield what comes of each case; the process that ran one that crashed or hung is replaced."""
    worker = _Worker()
    try:
        for number in numbers:
            one = case(seed, number)
            outcome, is_fault = worker.run(seed, number, longest_s)
            yield Finding(seed, number, one.name, one.kind, outcome, is_fault)
            if not worker.is_alive:
                worker = _Worker()
    finally:
        worker.stop()


class _Worker:
    def __init__(self) -> None:
        context = mp.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self._process = context.Process(target=_serve, args=(theirs, str(self._folder)), daemon=True)
        self._process.start()
        theirs.close()
        self.is_alive = True

    def run(self, seed: int, number: int, longest_s: float) -> tuple[str, bool]:
        self._ours.send((seed, number))
        try:
            # The first answer takes as long as the imports of a new process do.
            if not self._ours.poll(longest_s):
                self.stop()
                return f"hangs: no answer within {longest_s:.0f} s", True
            outcome, is_fault = self._ours.recv()
        except EOFError:
            self.stop()
            return f"crashes: exit code {self._process.exitcode}", True
        return outcome, is_fault

    def stop(self) -> None:
        self.is_alive = False
        self._process.kill()
        self._process.join()
        self._ours.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _serve(connection: Connection, folder: str) -> None:
    from tests.fuzz.importing import run_case

    temporary, place = Path(folder) / "tmp", Path(folder) / "case"
    temporary.mkdir()
    # What imports unpack goes here, so that it is seen when it stays.
    tempfile.tempdir = str(temporary)
    os.environ["TMPDIR"] = str(temporary)
    with suppress(EOFError):
        while True:
            seed, number = connection.recv()
            place.mkdir()
            before_mb = _peak_mb()
            try:
                outcome, is_fault = run_case(case(seed, number), place), False
            except BaseException:
                outcome, is_fault = traceback.format_exc(), True
            if left := sorted(path.name for path in temporary.iterdir()):
                outcome, is_fault = f"left in the folder for temporary files: {left}\n{outcome}", True
                shutil.rmtree(temporary)
                temporary.mkdir()
            if (grown_mb := _peak_mb() - before_mb) > MOST_MB:
                outcome, is_fault = f"takes {grown_mb:,.0f} MB more than any before\n{outcome}", True
            shutil.rmtree(place)
            connection.send((outcome, is_fault))


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
