"""How many files the server may have open at once.

Every browser tab holds a socket or more, every opened embedding a mapped file. The soft limit of macOS is 256, and a
server that has reached its limit accepts no connection any more.
"""

from __future__ import annotations

import sys

#: Enough for hundreds of tabs; more would only hide a leak.
WANTED = 8192


def raise_limit(wanted: int = WANTED) -> int | None:
    """Raise the soft limit of open files towards `wanted`, never above the hard limit and never lower than it is.

    Returns
    -------
    int or None
        The soft limit that applies from now on; None where the system has no such limit (Windows).
    """
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return soft
    target = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if target <= soft:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    except (OSError, ValueError):
        # macOS reports an infinite hard limit, and refuses more than the kernel allows.
        return soft
    return target
