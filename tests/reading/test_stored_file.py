from __future__ import annotations

import gzip
import io
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pytest

from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.reading.delimited import TableFormat, open_table, read_head
from embedlab.reading.encodings import HEAD_BYTES, detected_encoding
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import open_text
from embedlab.reading.stored_file import StoredFile
from tests.reading.opening_counts import OpeningCounts

LIMITS = Limits()
SIZES = {"empty": 0, "one": 1, "start": HEAD_BYTES, "start+1": HEAD_BYTES + 1, "large": 3 * HEAD_BYTES + 7}


def _zipped(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data", data)
    return packed.getvalue()


PACK = {"plain": bytes, "gzip": gzip.compress, "xz": lzma.compress, "zip": _zipped}


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> OpeningCounts:
    return OpeningCounts(monkeypatch)


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
@pytest.mark.parametrize("how", PACK)
def test_every_stream_has_all_bytes_and_ends_at_the_whole_share(tmp_path: Path, how: str, size: int) -> None:
    data = np.random.default_rng(0).integers(0, 256, size, np.uint8).tobytes()
    # Not another archive by chance.
    data = b"x" * min(size, 1) + data[1:]
    (tmp_path / "file").write_bytes(PACK[how](data))
    file = StoredFile(tmp_path / "file", LIMITS)
    for _ in range(3):
        with file.open() as source:
            shares = [source.share_read]
            read = b""
            while piece := source.read(100_000):
                read += piece
                shares.append(source.share_read)
            assert read == data
            assert shares == sorted(shares)
            assert shares[-1] == (1.0 if size else shares[0])
    assert file.start == data[:HEAD_BYTES]


def test_a_small_file_is_opened_once_for_all_streams_and_questions(tmp_path: Path, counts: OpeningCounts) -> None:
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n3,4\n"))
    upload = OpenedUpload(path, LIMITS)
    assert not counts.opens
    assert upload.table is not None
    table_format = upload.table.table_format
    assert read_head(upload, table_format, LIMITS) == (["a", "b"], [["1", "2"], ["3", "4"]])
    with open_table(upload, table_format, ["b"], LIMITS) as table:
        assert [batch.column(0).to_pylist() for batch in table.batches()] == [["2", "4"]]
    with open_text(upload, "utf-8", LIMITS) as text:
        assert text.read() == "a,b\n1,2\n3,4\n"
    assert upload.contents.packing == "gzip"
    assert counts.opens == {path: 1}
    assert counts.sniffs == (1, 1)


def test_a_large_file_is_opened_again_only_behind_its_start(tmp_path: Path, counts: OpeningCounts) -> None:
    path = tmp_path / "file"
    path.write_text("word\n" * HEAD_BYTES)
    upload = OpenedUpload(path, LIMITS)
    assert upload.lines[0] == "word"
    with open_text(upload, "utf-8", LIMITS) as text:
        text.read(1000)
    assert counts.opens == {path: 1}
    with upload.open() as source:
        assert source.read() == path.read_bytes()
    assert counts.opens == {path: 2}


def test_a_table_given_by_its_path_is_opened_once(tmp_path: Path, counts: OpeningCounts) -> None:
    path = tmp_path / "file"
    path.write_text("a,b\n1,2\n")
    with open_table(path, TableFormat(), ["a"], LIMITS) as table:
        assert [batch.column(0).to_pylist() for batch in table.batches()] == [["1"]]
    assert counts.opens == {path: 1}


def test_members_share_the_table_of_contents(tmp_path: Path, counts: OpeningCounts) -> None:
    path = tmp_path / "file"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("small.txt", "one")
        archive.writestr("large.txt", "one two three")
    upload = OpenedUpload(path, LIMITS)
    assert upload.head == b"one two three"
    assert upload.member == "large.txt"
    assert [member.name for member in upload.members] == ["large.txt", "small.txt"]
    assert upload.of_member("large.txt") is upload.of_member(None) is upload
    assert counts.opens == {path: 1}
    small = upload.of_member("small.txt")
    assert small.head == b"one"
    assert upload.of_member("small.txt") is small
    assert small.of_member(None) is small
    assert counts.opens == {path: 2}
    with pytest.raises(NotFoundError, match="no file of this name"):
        _ = upload.of_member("none.txt").head


def test_a_plain_file_has_no_members_and_ignores_a_choice_of_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("one")
    upload = OpenedUpload(tmp_path / "file", LIMITS, "a.txt")
    assert upload.head == b"one"
    assert upload.member is None
    assert upload.of_member("b.txt") is upload


def test_files_that_cannot_be_read_are_refused_at_every_question(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    empty = OpenedUpload(tmp_path / "empty", LIMITS)
    with pytest.raises(InputError, match="empty"):
        _ = empty.head
    assert empty.start == b""
    (tmp_path / "damaged").write_bytes(gzip.compress(b"text" * 1000)[:-9])
    damaged = OpenedUpload(tmp_path / "damaged", LIMITS)
    for _ in range(2):
        with pytest.raises(InputError, match="cut short or damaged"):
            _ = damaged.table
    (tmp_path / "bomb").write_bytes(gzip.compress(bytes(100_000)))
    with pytest.raises(TooLargeError, match="more than is allowed"):
        _ = OpenedUpload(tmp_path / "bomb", Limits(max_unpacked_bytes=1000)).head
    with pytest.raises(NotFoundError):
        _ = OpenedUpload(tmp_path / "missing", LIMITS).contents


GREEK = "Το γρήγορο καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί και μετά κοιμάται.\n"  # noqa: RUF001


@pytest.mark.parametrize(
    ("head", "name", "least", "most"),
    [
        pytest.param("Grüße".encode("utf-8-sig"), "utf-8-sig", 1.0, 1.0, id="mark"),
        pytest.param(b"plain", "utf-8", 1.0, 1.0, id="ascii"),
        pytest.param("é".encode() * 99 + b"\xe9 ", "utf-8", 0.98, 0.995, id="nearly utf-8"),
        pytest.param(GREEK.encode("cp1253") * 20, "cp1253", 0.5, 1.0, id="greek"),
        pytest.param("plain".encode("utf-16-le"), "utf-16-le", 0.9, 0.99, id="no mark"),
    ],
)
def test_the_confidence_of_an_encoding(head: bytes, name: str, least: float, most: float) -> None:
    detected = detected_encoding(head)
    assert detected.name == name
    assert least <= detected.confidence <= most
