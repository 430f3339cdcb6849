"""Headers with empty and repeated names: every kind that reads tables keeps them, and its preview says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.base import BuildContext, Preview
from embedlab.kinds.registry import kind
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload

TABLES = {
    "table": ("price,price,rooms", [f"{n % 7}.5,{n},{n % 3}" for n in range(30)], "price (2)"),
    "graph": ("source,target,,target", [f"a{n % 5},a{n % 4},x,y" for n in range(30)], "target (2)"),
    "sequences": (
        "user,item,,time",
        [f"u{n % 5},i{n % 7},0,2024-01-{1 + n % 28:02d} 10:00" for n in range(40)],
        "column 3",
    ),
    "pairs": ("left,right,right", [f"l{n % 5},r{n % 4},s{n % 3}" for n in range(30)], "right (2)"),
}


@pytest.fixture
def preview(tmp_path: Path) -> Callable[[str, str], Preview]:
    def read(name: str, content: str) -> Preview:
        path = tmp_path / "file"
        path.write_text(content)
        upload = OpenedUpload(path, Limits())
        return kind(name).preview(upload, kind(name).guess_options(upload), BuildContext())

    return read


@pytest.mark.parametrize("name", TABLES)
def test_the_header_is_no_row_and_the_preview_says_how_columns_are_called(preview, name):
    header, rows, renamed = TABLES[name]
    seen = preview(name, "\n".join([header, *rows]) + "\n")
    said = [sentence for sentence in seen.assumptions if "Of the columns, " in sentence]
    assert len(said) == 1
    assert renamed in said[0]
    assert not any(cell in row for row in seen.rows for cell in header.split(",") if cell)


@pytest.mark.parametrize("name", TABLES)
def test_a_header_without_rows_is_refused_by_each_kind(preview, name):
    with pytest.raises(InputError, match="no rows"):
        preview(name, "source,target\n")


def test_a_user_may_still_read_the_names_as_text(preview):
    assert preview("text", "source,target\n").counts["documents"] == 1
