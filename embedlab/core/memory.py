"""The memory that a process may use."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

#: Limit of the container's memory, where there is one (cgroup v2, then v1).
_LIMIT_FILES = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def memory_limit_mb() -> float:
    """Return the memory of the machine, or of the container if that is less, in MB of 10**6 bytes."""
    import psutil

    n_bytes = int(psutil.virtual_memory().total)
    for file in _LIMIT_FILES:
        # Without a limit the file says "max" or is missing.
        with suppress(OSError, ValueError):
            n_bytes = min(n_bytes, int(file.read_text(encoding="ascii")))
    return n_bytes / 1e6
