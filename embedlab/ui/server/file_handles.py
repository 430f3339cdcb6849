"""Limit on the number of open files of the server.

Every browser tab uses at least one socket, and every open embedding a mapped file. The soft limit of macOS is 256, and
a server that reaches its limit accepts no more connections.
"""

from __future__ import annotations

import sys

#: Enough for hundreds of tabs; a higher limit would only hide a leak.
TARGET_LIMIT = 8192


def raise_limit(minimum: int = TARGET_LIMIT) -> int | None:
    """Raise the soft limit of open files to `minimum` if the hard limit allows it; never lower the limit.

    Returns
    -------
    int or None
        The new soft limit; None if the system has no such limit (Windows).
    """
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return soft
    target = minimum if hard == resource.RLIM_INFINITY else min(minimum, hard)
    if target <= soft:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    except (OSError, ValueError):
        # macOS reports an infinite hard limit, but rejects values above the kernel limit.
        return soft
    return target
