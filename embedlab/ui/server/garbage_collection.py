"""Exempt what lives as long as the process from Python's garbage collections.

Streamlit collects garbage after every rerun. A collection visits every object, and most objects belong to imported
modules: classes, functions, schemas. With the modules of all pages it takes longer than a page itself, and all other
sessions wait for it.
"""

from __future__ import annotations

import gc
import sys

_n_modules_frozen = 0


def freeze_modules() -> None:
    """Exempt all present objects from later collections, if modules were imported since the last call.

    Among them are some that do not belong to modules. They are still freed with the last reference to them, unless
    they are part of a reference cycle. Such a leak is bounded, since a process imports each module once.
    """
    global _n_modules_frozen
    if len(sys.modules) > _n_modules_frozen:
        _n_modules_frozen = len(sys.modules)
        # Frozen garbage would never be freed.
        gc.collect()
        gc.freeze()
