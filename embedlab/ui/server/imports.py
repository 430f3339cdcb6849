"""Import what the pages need while the server already answers.

The imports take a second. A browser spends as long on Streamlit's own files before the script of the first page runs;
the server sends them meanwhile.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

_MODULES = (
    "embedlab.ui.shell.resources",
    "embedlab.ui.shell.frame",
    "embedlab.ui.server.routes",
    "embedlab.jobs.engine.dispatcher",
    "embedlab.jobs.engine.server_file",
)
#: How long a thread runs before others may: sending a file takes several turns.
_SWITCH_S = 0.0005
# Imports of the same modules by several threads could wait for each other.
_lock = threading.Lock()
_next: list[Callable[[], None]] = []


def import_all() -> None:
    """Import the modules and call what follows; if another thread is doing so, wait for it."""
    with _lock:
        if not all(name in sys.modules for name in _MODULES):
            with _without_collections():
                interval = sys.getswitchinterval()
                sys.setswitchinterval(_SWITCH_S)
                try:
                    for name in _MODULES:
                        import_module(name)
                finally:
                    sys.setswitchinterval(interval)
        while _next:
            _next.pop()()


@contextmanager
def _without_collections() -> Iterator[None]:
    """Collect no garbage meanwhile: a sixth of the time would go into visiting what the modules consist of.

    Afterwards all of it is exempt, so that the imports of the first page do not visit it either.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def then(call: Callable[[], None]) -> None:
    """Make the next `import_all` end with a call, so that all who wait for the imports wait for it too."""
    _next.append(call)
