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


SHEET = "xl/worksheets/sheet1.xml"


def _with_sheet(rows, start=""):
    """Return a workbook whose only sheet is written by hand."""
    xml = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{start}<sheetData>{rows}'
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook([["a"]]))) as good,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in good.namelist():
            content = f"{xml}</sheetData></worksheet>".encode() if name == SHEET else good.read(name)
            archive.writestr(name, content)
    return stream.getvalue()


def _row(number, *cells):
    letters = "ABCDEFGH"
    written = "".join(f'<c r="{letters[n]}{number}"><v>{cell}</v></c>' for n, cell in enumerate(cells))
    return f'<row r="{number}">{written}</row>'


def test_a_workbook_is_opened_without_reading_through_its_sheets(tmp_path, monkeypatch):
    """openpyxl looks for the extent of each sheet, through the whole sheet if it states none."""
    upload = opened(tmp_path, _with_sheet("".join(_row(n, n, n) for n in range(1, 20_000))))
    n_bytes = 0
    read = zipfile.ZipExtFile.read

    def counting(self, n=-1):
        nonlocal n_bytes
        data = read(self, n)
        n_bytes += len(data) if self.name == SHEET else 0
        return data

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counting)
    with excel_files.open_sheet(upload) as sheet:
        assert sheet.n_rows == 0
        assert next(sheet.rows) == ["1", "1"]
    assert n_bytes < 300_000


def test_gaps_between_rows_are_empty_rows_and_bounded(tmp_path):
    upload = opened(tmp_path, _with_sheet(_row(1, 5, 6) + _row(4, 7) + _row(2, 9), '<dimension ref="A1:B4"/>'))
    with excel_files.open_sheet(upload) as sheet:
        assert (sheet.n_rows, list(sheet.rows)) == (4, [["5", "6"], [], [], ["7"], ["9"]])
    far = opened(tmp_path, _with_sheet(_row(1, 5, 6) + _row(999_999_999, 7)))
    with excel_files.open_sheet(far) as sheet, pytest.raises(InputError, match="more rows than Excel"):
        list(sheet.rows)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param("<row r='1'/>" * 40, "more rows than Excel", id="one-number"),
        pytest.param("<row/>" * 40, "more rows than Excel", id="no-number"),
        pytest.param(f"<row>{'<c/>' * 40_000}</row>", "row of the workbook is longer", id="cells"),
        pytest.param("<row r='-5'/>" + _row(1, 5), None, id="negative"),
    ],
)
def test_rows_of_a_workbook_are_bounded(tmp_path, monkeypatch, rows, message):
    from embedlab.reading.tables import sheet_streams

    monkeypatch.setattr(sheet_streams, "MOST_ROWS", 30)
    monkeypatch.setattr(sheet_streams, "_MOST_BYTES_WITHOUT_ROW", 100_000)
    upload = opened(tmp_path, _with_sheet(rows))
    if message is None:
        with excel_files.open_sheet(upload) as sheet:
            assert list(sheet.rows) == [[], ["5"]]
    else:
        with pytest.raises(InputError, match=message), excel_files.open_sheet(upload, "sheet 0") as sheet:
            list(sheet.rows)


def test_a_sheet_is_bounded_as_any_unpacked_file(tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(_with_sheet("".join(_row(n, n) for n in range(1, 1000))))
    with pytest.raises(TooLargeError, match="EMBEDLAB_MAX_UNPACKED_MB"):
        _ = OpenedUpload(path, Limits(max_unpacked_bytes=20_000)).table


@pytest.mark.parametrize("name", ["customXml/item1.xml", "docProps/custom.xml", "xl/_rels/more.rels"])
def test_every_part_that_is_read_whole_is_bounded(tmp_path, monkeypatch, name):
    stream = io.BytesIO(workbook([["a", "b"], ["c", "d"]]))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b" " * 1_000_000)
    monkeypatch.setattr(excel_files, "_MAX_TEXT_BYTES", 500_000)
    with pytest.raises(TooLargeError, match="more text"):
        _ = opened(tmp_path, stream.getvalue()).table


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
