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
from embedlab.reading.table_columns import column_in_sentence

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
def upload_of(tmp_path: Path) -> Callable[[str], OpenedUpload]:
    def write(content: str) -> OpenedUpload:
        path = tmp_path / "file"
        path.write_text(content)
        return OpenedUpload(path, Limits())

    return write


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


#: Tables without a header, and what is said about a column of theirs.
HEADERLESS = {
    "graph": ("".join(f"a{n % 7} b{n % 5} {n % 4 + 1}\n" for n in range(60)), "Weights are in the third column."),
    "ratings": (
        "".join(f"{n % 9}\t{n % 7}\t{1 + (n % 5) ** 6}\n" for n in range(60)),
        "because the numbers in the third column have a long tail",
    ),
    "text": (
        "".join(f"{n},a long text about day {n} by the sea with wind,sun or rain {n}\n" for n in range(60)),
        "The second column is the text, by its length: it has the longest texts.",
    ),
}


@pytest.mark.parametrize("name", HEADERLESS)
def test_a_column_without_a_name_is_called_by_its_place_as_people_count(upload_of, name):
    content, sentence = HEADERLESS[name]
    upload = upload_of(content)
    options = kind(name).guess_options(upload)
    seen = kind(name).preview(upload, options, BuildContext())
    said = [*seen.assumptions, *getattr(kind(name).sniff(upload), "reasons", ())]
    assert any(sentence in each for each in said), said


@pytest.mark.parametrize("name", ["graph", "table"])
def test_columns_without_a_header_are_numbered_from_one(upload_of, name):
    upload = upload_of("".join(f"a{n % 7},a{n % 5},{n % 4 + 1}\n" for n in range(60)))
    seen = kind(name).preview(upload, kind(name).guess_options(upload), BuildContext())
    assert seen.columns == ["column 1", "column 2", "column 3"]


def test_a_target_without_a_name_is_chosen_by_its_number_and_shown_by_its_place(upload_of, tmp_path):
    table, upload = kind("table"), upload_of("".join(f"a{n % 7},a{n % 5},{n % 4 + 1}\n" for n in range(60)))
    (tmp_path / "set").mkdir()
    options = table.guess_options(upload).model_copy(update={"target": "2"})
    imported = table.build(upload, options, tmp_path / "set", BuildContext()).imported
    assert imported.details["target"]["name"] == "column 3"
    assert [column["name"] for column in imported.details["columns"]] == ["column 1", "column 2", "column 3"]


@pytest.mark.parametrize(
    ("place", "spoken"), [(0, "first"), (9, "tenth"), (10, "11th"), (20, "21st"), (21, "22nd"), (111, "112th")]
)
def test_places_in_a_sentence(place, spoken):
    assert column_in_sentence((), place, named=False) == f"{spoken} column"
