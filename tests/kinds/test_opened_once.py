"""One upload, opened and sniffed once for guess, preview and build."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedlab.kinds.base import BuildContext
from embedlab.kinds.registry import KINDS
from embedlab.kinds.sniffing import sniff_opened
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from tests.reading.opening_counts import OpeningCounts

LIMITS = Limits()
FILES = {
    "text": "one two three\nfour five six\nseven eight nine\n",
    "ratings": "user,item,rating\n" + "".join(f"u{n},i{n % 3},{1 + n % 5}\n" for n in range(12)),
    "vectors": "2 3\na 0.5 1.5 2.5\nb 3.5 4.5 5.5\n",
}


@pytest.mark.parametrize("name", FILES)
def test_guess_preview_and_build_open_and_sniff_a_file_once(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder = tmp_path / "file", tmp_path / "folder"
    path.write_text(FILES[name])
    folder.mkdir()
    counts = OpeningCounts(monkeypatch)
    upload = OpenedUpload(path, LIMITS)
    known = KINDS[sniff_opened(upload).kind]
    assert known.name == name
    options = known.guess_options(upload)
    known.preview(upload, options, BuildContext(LIMITS))
    known.build(upload, options, folder, BuildContext(LIMITS))
    assert counts.opens == {path: 1}
    assert counts.encodings == 1
    assert counts.separators <= 1


@pytest.mark.parametrize("name", ["text", "ratings"])
def test_a_build_sniffs_at_most_once_to_report_what_was_assumed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder = tmp_path / "file", tmp_path / "folder"
    path.write_text(FILES[name])
    folder.mkdir()
    known = KINDS[name]
    options = known.guess_options(OpenedUpload(path, LIMITS))
    counts = OpeningCounts(monkeypatch)
    known.build(OpenedUpload(path, LIMITS), options, folder, BuildContext(LIMITS))
    assert counts.opens == {path: 1}
    assert max(counts.sniffs) <= 1
