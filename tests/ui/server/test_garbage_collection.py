"""What imported modules hold is left out of the collection that follows every rerun."""

from __future__ import annotations

import gc
import sys
import types
import weakref

import pytest

from embedlab.ui.server import garbage_collection
from embedlab.workspace.workspace import Workspace


class _InACircle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def _new_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it seem that a module was imported since the last call."""
    monkeypatch.setattr(garbage_collection, "_n_modules_frozen", len(sys.modules) - 1)


def _is_collected(wanted: object) -> bool:
    return any(each is wanted for each in gc.get_objects())


@pytest.mark.usefixtures("_new_module")
def test_objects_of_modules_are_exempt_after_an_import() -> None:
    gc.unfreeze()
    assert _is_collected(Workspace)
    garbage_collection.freeze_modules()
    assert not _is_collected(Workspace)


@pytest.mark.usefixtures("_new_module")
def test_garbage_is_freed_before_the_rest_is_exempt() -> None:
    gone = weakref.ref(_InACircle())
    garbage_collection.freeze_modules()
    assert gone() is None


@pytest.mark.usefixtures("_new_module")
def test_without_a_new_module_later_objects_stay_collectable(monkeypatch: pytest.MonkeyPatch) -> None:
    garbage_collection.freeze_modules()
    later = _InACircle()
    garbage_collection.freeze_modules()
    assert _is_collected(later)
    monkeypatch.setitem(sys.modules, "a_module_imported_by_a_page", types.ModuleType("a_module_imported_by_a_page"))
    garbage_collection.freeze_modules()
    assert not _is_collected(later)
