"""The imports at the start of the server."""

from __future__ import annotations

import gc

import pytest

from embedlab.ui.server import imports


@pytest.mark.parametrize("fails", [False, True], ids=["succeeds", "fails"])
def test_no_garbage_is_collected_while_modules_are_imported(monkeypatch: pytest.MonkeyPatch, *, fails: bool) -> None:
    seen, frozen = [], []

    def import_one(name: str) -> None:
        seen.append((name, gc.isenabled()))
        if fails:
            raise ImportError(name)

    monkeypatch.setattr(imports, "_MODULES", ("not.imported",))
    monkeypatch.setattr(imports, "import_module", import_one)
    monkeypatch.setattr(imports.gc, "freeze", lambda: frozen.append(True))
    if fails:
        with pytest.raises(ImportError):
            imports.import_all()
    else:
        imports.import_all()
    assert seen == [("not.imported", False)]
    assert frozen == [True]
    assert gc.isenabled()
