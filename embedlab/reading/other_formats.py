"""Formats of office programs, browsers and e-readers: refused by name, with what to save instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from embedlab.core.errors import InputError
from embedlab.reading.stored_file import StoredFile

#: First bytes of formats that are not text.
_STARTS: Final = (
    (b"%PDF-", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of an older Office program (.doc, .xls, .ppt)"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x89PNG\r\n", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"\x80\x02", "a Python pickle"), (b"\x80\x03", "a Python pickle"), (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
)  # fmt: skip
_AS_TEXT: Final = "Save it as plain text (.txt), and import that."
_REMEDIES: Final = {
    "an SQLite database": "Export the table as CSV, and import that.",
    "a 7z archive": "Unpack it and import the files, or pack them as zip.",
    "a RAR archive": "Unpack it and import the files, or pack them as zip.",
    "a Zstandard file": "Unpack it (zstd -d) and import the file inside.",
    "a Python pickle": "A pickle can run code and is never opened. Write tables as CSV or Parquet, vectors as .npy or "
    "safetensors.",
    "a picture (PNG)": "Choose a file of data; images are read from a .zip file of several.",
    "a picture (JPEG)": "Choose a file of data; images are read from a .zip file of several.",
    "a picture (GIF)": "Choose a file of data; images are read from a .zip file of several.",
    "an Excel workbook": "Save the sheet as CSV (UTF-8), and import that.",
    "an OpenDocument spreadsheet": "Save the sheet as CSV (UTF-8), and import that.",
    "a Jupyter notebook": "Export it as Markdown or plain text, and import that.",
    "a web page": "Copy its text into a plain text file, and import that.",
}
#: A member that only documents of this format have, and what they are.
_MEMBERS: Final = (
    ("word/document.xml", "a Word document"),
    ("xl/workbook.bin", "an Excel workbook"),
    ("ppt/presentation.xml", "a PowerPoint presentation"),
    ("META-INF/container.xml", "an EPUB book"),
)
_MIME: Final = (
    (b"application/vnd.oasis.opendocument.spreadsheet", "an OpenDocument spreadsheet"),
    (b"application/vnd.oasis.opendocument.text", "an OpenDocument text"),
    (b"application/vnd.oasis.opendocument.presentation", "an OpenDocument presentation"),
    (b"application/epub+zip", "an EPUB book"),
)
_HTML: Final = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*)?(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html[\s>])", re.I | re.S
)
_NOTEBOOK: Final = re.compile(rb'\s*\{.{0,2000}?"(?:cells|nbformat|metadata)"\s*:', re.S)


def refuse_other_formats(file: StoredFile) -> None:
    """Raise `InputError` that names the format of a file that is neither text nor a table.

    Raises
    ------
    InputError
        The file is a document of Word, Excel, OpenDocument, EPUB, PDF, RTF, HTML, a notebook, a picture, a database, a
        pickle, or an archive of another kind than zip.
    """
    try:
        # This also remembers the table of contents, so that the file is opened once.
        start = file.start
    except InputError:
        start = b""
    names = [member.name for member in file.contents.members]
    found = _of_archive(names, lambda name: file.of_member(name).start) if names else None
    found = found or _of_start(start)
    if found is None:
        return
    is_member = bool(names) and _of_archive(names, lambda _: b"") is None and file.member is not None
    what = f"The largest file of the archive is {found}" if is_member else f"The file is {found}"
    raise InputError(f"{what}, which is not read.", remedy=_REMEDIES.get(found, _AS_TEXT))


def _of_archive(names: Sequence[str], start_of: Callable[[str], bytes]) -> str | None:
    known = set(names)
    for name, what in _MEMBERS:
        if name in known:
            return what
    if "mimetype" in known:
        start = start_of("mimetype")
        return next((what for mime, what in _MIME if start.startswith(mime)), None)
    return None


def _of_start(start: bytes) -> str | None:
    for magic, what in _STARTS:
        if start.startswith(magic):
            return what
    if _HTML.match(start[:8000]):
        return "a web page"
    if _NOTEBOOK.match(start[:4000]) and b'"nbformat"' in start and b'"cells"' in start:
        return "a Jupyter notebook"
    return None
