"""Texts in a workbook, which is a zip archive of many files itself."""

from __future__ import annotations

from pathlib import Path

import openpyxl

from embedlab.kinds.text.guessing import guess_text_options
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload


def test_a_workbook_is_read_once_and_not_as_an_archive(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["review", "sentiment"])
    for row in range(30):
        sheet.append([f"The ferry number {row} left the harbor late again", ("good", "bad")[row % 2]])
    path = tmp_path / "reviews.xlsx"
    book.save(path)
    options = guess_text_options(OpenedUpload(path, Limits()), Limits())
    assert (options.layout, options.all_members) == ("excel", False)
    assert (options.text_column, options.label_column) == ("review", "sentiment")
