"""The peak memory of a process, as recorded by the operating system."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import psutil

_OWN_STATUS = Path("/proc/self/status")
_HIGH_WATER = "VmHWM:"


def peak_memory_mb() -> float:
    """Return the peak memory of this process since it started, in MB of 10**6 bytes.

    It is the resident set, including mapped files and shared libraries, and excluding child processes.
    """
    if sys.platform == "win32":
        return float(psutil.Process().memory_info().peak_wset / 1e6)
    # On Linux, `ru_maxrss` includes the parent process, so that the worker of a large server would seem large.
    with suppress(OSError, ValueError, IndexError):
        for line in _OWN_STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(_HIGH_WATER):
                return int(line.split()[1]) * 1024 / 1e6
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
