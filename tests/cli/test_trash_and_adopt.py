"""The commands that look after a folder and a catalog that do not match."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from embedlab.core.settings import Settings
from embedlab.workspace.catalog import new_id
from embedlab.workspace.workspace import Workspace
from tests.cli.conftest import Said

Run = Callable[..., Said]


def _lose_catalog(home: Path) -> None:
    opened = Workspace.open(Settings(home=home))
    folder = opened.layout.dataset(new_id())
    folder.mkdir()
    (folder / "dataset.json").write_text("{}")
    for path in (folder, folder / "dataset.json"):
        os.utime(path, (time.time() - 7200, time.time() - 7200))
    opened.close()
    for path in home.glob("catalogue.sqlite*"):
        path.unlink()


def test_a_lost_catalog_stops_every_command_with_both_ids(home: Path, embedlab: Run) -> None:
    _lose_catalog(home)
    said = embedlab("datasets")
    assert said.exit_code == 1
    assert "do not belong together" in said.err
    assert "(1 item), catalog id none" in said.err
    assert "Traceback" not in said.err


def test_adopting_asks_first_and_sets_unknown_files_aside(home: Path, embedlab: Run) -> None:
    _lose_catalog(home)
    assert embedlab("adopt").exit_code == 2
    assert embedlab("datasets").exit_code == 1
    adopted = embedlab("adopt", "--yes", "--json")
    assert [each.split("/")[0] for each in adopted.json["unknown"]] == ["datasets"]
    assert embedlab("datasets").exit_code == 0
    opened = Workspace.open(Settings(home=home))
    opened.sweep()
    opened.close()
    shown = embedlab("trash", "--json").json
    assert (shown["n_items"], shown["size_bytes"]) == (1, 2)
    assert "1 item" in embedlab("trash").out
    assert embedlab("trash", "--empty", "--json").json["n_items"] == 0
    assert embedlab("trash").out == "The trash is empty.\n"
