"""Tables in JSON, in workbooks, and below lines of text; hostile ones are refused within bounds."""

from __future__ import annotations

import io
import json
import zipfile

import openpyxl
import pytest

from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.reading.delimited import open_table, read_head
from embedlab.reading.layouts import Layout
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.separating import separate
from embedlab.reading.tables import excel_files, json_tables

LIMITS = Limits()
ROWS = [["u1", "a", "1"], ["u2", "b", "2"], ["u3", "c", "3"]]


def opened(tmp_path, data):
    path = tmp_path / "upload"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return OpenedUpload(path, LIMITS)


def workbook(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"sheet {number}")
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def all_rows(upload):
    table_format = upload.table.table_format
    names, _ = read_head(upload, table_format, LIMITS, 1)
    with open_table(upload, table_format, names, LIMITS) as table:
        return names, [row for batch in table.batches() for row in zip(*batch.to_pydict().values(), strict=True)]


@pytest.mark.parametrize(
    "text",
    [
        "user,item,rating\n", "sep=,\nuser,item,rating\n", "\n\nuser,item,rating\n", "# note\n\nuser,item,rating\n",
        "Our club\n\nIn 2020\nuser,item,rating\n", "Our club,,\n,,\nuser,item,rating\n",
    ],
    ids=["plain", "sep", "blank", "comment", "title", "title-with-separators"],
)  # fmt: skip
def test_the_sample_and_the_stream_agree_on_lines_before_the_header(tmp_path, text):
    upload = opened(tmp_path, text + "".join(",".join(row) + "\n" for row in ROWS * 5))
    assert upload.table.names == ["user", "item", "rating"]
    names, rows = all_rows(upload)
    assert (names, rows) == (upload.table.names, [tuple(row) for row in ROWS * 5])


def test_a_header_of_another_length(tmp_path):
    index = opened(tmp_path, '"user","item"\n' + "".join(f'"{n}","u{n}","i"\n' for n in range(9)))
    assert all_rows(index)[0] == ["column 1", "user", "item"]
    trailing = opened(tmp_path, "user,item\n" + "".join(f"u{n},i,\n" for n in range(9)))
    names, rows = all_rows(trailing)
    assert (names, rows[0]) == (["user", "item", "column 3"], ("u0", "i", ""))


def test_poems_and_prose_are_no_tables():
    assert separate(["O wild west wind", "thou breath", "", "of autumn's being, thou,"], is_whole=True) is None
    assert separate(["One, two.", "Well, I said, yes.", "And no, not now."] * 5, is_whole=True) is None


def test_sheets_of_a_workbook(tmp_path):
    data = workbook([], [["user", "n"], ["u1", 1], ["u2", 2.5], ["u3", None], [True, 7]])
    upload = opened(tmp_path, data)
    assert (upload.table.table_format.layout, upload.table.table_format.sheet) == (Layout.EXCEL, "sheet 1")
    assert upload.member is None
    assert all_rows(upload) == (["user", "n"], [("u1", "1"), ("u2", "2.5"), ("u3", ""), ("true", "7")])
    with pytest.raises(NotFoundError, match="sheet 1"), excel_files.open_sheet(upload, "nothing"):
        pass


@pytest.mark.parametrize(
    "content",
    [b"", b"<workbook", b"<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'/>"],
    ids=["empty", "cut", "no-sheets"],
)
def test_damaged_workbooks_are_refused(tmp_path, content):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", content)
        archive.writestr("[Content_Types].xml", b"<Types/>")
    with pytest.raises(InputError, match="workbook"):
        _ = opened(tmp_path, stream.getvalue()).table


def test_workbooks_are_bounded(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="1,000 columns"):
        _ = opened(tmp_path, workbook([["x"] * 1001] * 2)).table
    monkeypatch.setattr(excel_files, "_MAX_TEXT_BYTES", 100)
    with pytest.raises(TooLargeError, match="more text"):
        _ = opened(tmp_path, workbook([["a", "b"], ["c", "d"]])).table


def test_json_is_streamed_in_pieces(tmp_path):
    records = [{"n": number, "in": {"a": "x" * 50, "list": [1, 2]}} for number in range(5000)]
    upload = opened(tmp_path, json.dumps(records))
    assert upload.table.names == ["n", "in.a", "in.list"]
    _, rows = all_rows(upload)
    assert [row[0] for row in rows] == [str(number) for number in range(5000)]
    assert rows[0][2] == "[1, 2]"


@pytest.mark.parametrize(
    "text",
    [
        '["a", "b"]',
        "[1, 2, 3]",
        "{}",
        "[",
        '{"a": ',
        '{"a": {"b": [1]}}',
        "[Chapter 1]\nIt was.",
        "[" * 100_000,
        '{"a": 1}x',
    ],
    ids=["strings", "numbers", "empty", "cut", "cut-object", "deep", "text", "nested", "tail"],
)
def test_other_json_is_no_table(text):
    assert json_tables.sample_records(text, is_whole=True) == []


def test_json_that_is_damaged_far_down_is_refused(tmp_path):
    text = json.dumps([{"n": number, "text": "x" * 100} for number in range(5000)])[:-300]
    with pytest.raises(InputError, match="damaged"):
        all_rows(opened(tmp_path, text))


def test_a_json_value_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(json_tables, "MAX_RECORD_BYTES", 1000)
    text = json.dumps([{"n": "x"}] * 9 + [{"n": "x" * 300_000}])
    with pytest.raises(InputError, match="longer than"):
        all_rows(opened(tmp_path, text))
