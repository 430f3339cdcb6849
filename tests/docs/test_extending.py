"""The examples of docs/extending.md: the files are written beside the package and the lines are run."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

import embedlab

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
TRY_IT = "# try it"
_BLOCK = re.compile(r"```python\n(?P<head>#[^\n]*)\n(?P<code>.*?)```", re.DOTALL)

SECTIONS = {
    title: [(block["head"], block["code"]) for block in _BLOCK.finditer(text)]
    for title, text in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
}


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose packages extend those of EmbedLab, and which nothing remembers afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EMBEDLAB_HOME", str(tmp_path / "home"))
    (tmp_path / "scratch").mkdir()
    st.cache_resource.clear()
    yield tmp_path
    st.cache_resource.clear()
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def _write(folder: Path, name: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code, encoding="utf-8")
    package, *rooms = path.relative_to(folder).parts[:-1]
    if package != embedlab.__name__:
        return
    room = importlib.import_module(f"{package}.{rooms[0]}")
    monkeypatch.setattr(room, "__path__", [*room.__path__, str(folder / package / rooms[0])])
    for depth in range(2, len(rooms) + 1):
        (folder / package / Path(*rooms[:depth]) / "__init__.py").touch()


def test_the_document_has_all_sections_with_files_and_something_to_try():
    assert list(SECTIONS) == ["A model", "A projection method", "A task", "A kind of data", "A page"]
    for blocks in SECTIONS.values():
        assert [head for head, _ in blocks].count(TRY_IT) == 1
        assert len(blocks) >= 2
    assert DOCUMENT.count("```python") == sum(map(len, SECTIONS.values()))


@pytest.mark.parametrize("title", [pytest.param(title, id=title.lower().replace(" ", "-")) for title in SECTIONS])
def test_an_example_works(title, beside, monkeypatch):
    for head, code in SECTIONS[title]:
        if head != TRY_IT:
            _write(beside, head.removeprefix("# "), code, monkeypatch)
    (lines,) = (code for head, code in SECTIONS[title] if head == TRY_IT)
    exec(compile(lines, f"docs/extending.md: {title}", "exec"), {"__name__": "__main__"})


def test_every_file_named_in_the_document_is_there_or_is_shown():
    shown = {head.removeprefix("# ") for blocks in SECTIONS.values() for head, _ in blocks}
    for name in re.findall(r"`((?:embedlab|pages|tests)/[\w/.]+\.py)`", DOCUMENT):
        assert name in shown or (ROOT / name).is_file(), name
