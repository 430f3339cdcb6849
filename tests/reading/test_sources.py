from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import zipfile

import pytest

from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.core.settings import Settings
from embedlab.reading.encodings import ENCODINGS, HEAD_BYTES, encoding_of
from embedlab.reading.separators import NARROW_SEPARATOR, NarrowedSource
from embedlab.reading.sources import (
    Limits,
    detect_encoding,
    digest,
    members,
    open_clean,
    open_source,
    open_text,
    unpacked_file,
)

LIMITS = Limits()
TEXT = "Ein Wort, noch ein Wort.\nGrüße!\n"


def zipped(path, files, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def read(path, limits=LIMITS, member=None):
    with open_source(path, limits, member) as source:
        return source.read()


@pytest.fixture
def put(tmp_path):
    def write(data, name="file.txt"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_packing_is_told_by_content_whatever_the_name_says(put, pack):
    assert read(put(pack(TEXT.encode()), "misleading.parquet")) == TEXT.encode()


def test_largest_member_of_a_zip_is_the_default_and_any_can_be_chosen(tmp_path):
    path = zipped(tmp_path / "a", {"README": b"x", "dir/data.csv": b"1,2,3", "__MACOSX/dir/._data.csv": b"litter" * 9})
    assert members(path, LIMITS) == ["dir/data.csv", "README"]
    assert read(path) == b"1,2,3"
    assert read(path, member="README") == b"x"
    with pytest.raises(NotFoundError, match="no file of this name"):
        read(path, member="other")


def test_plain_file_has_no_members(put):
    assert members(put(b"text"), LIMITS) == []


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_truncated_archive_is_refused_while_reading(put, pack):
    with pytest.raises(InputError, match="cut short or damaged"):
        read(put(pack(os.urandom(50_000))[:20_000]))


def test_flipped_byte_in_a_zip_is_noticed(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a": os.urandom(5000)})
    data = bytearray(path.read_bytes())
    data[2500] ^= 255
    path.write_bytes(data)
    with pytest.raises(InputError, match="cut short or damaged"):
        read(path)


def test_truncated_zip_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a": os.urandom(5000)})
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match="cut short or damaged"):
        members(path, LIMITS)


@pytest.mark.parametrize(
    "name",
    ["../evil.txt", "a/../../evil", "/etc/passwd", "..\\evil", "C:\\evil", "C:evil"],
    ids=["parent", "inner-parent", "absolute", "windows-parent", "drive", "drive-relative"],
)
def test_member_names_that_point_outside_are_refused(tmp_path, name):
    path = zipped(tmp_path / "a.zip", {"good.txt": b"good", name: b"evil"})
    with pytest.raises(InputError, match="points outside"):
        read(path, member="good.txt")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_bomb_stops_at_the_bound(put, pack):
    path = put(pack(bytes(16_000_000)))
    with open_source(path, Limits(max_unpacked_bytes=4_000_000)) as source:
        pieces = iter(lambda: source.read(65536), b"")
        n_read = sum(len(next(pieces)) for _ in range(3_000_000 // 65536))
        with pytest.raises(TooLargeError, match="more than is allowed"):
            list(pieces)
    assert n_read > 2_900_000


def test_exactly_the_bound_is_allowed(put):
    assert len(read(put(gzip.compress(bytes(1000))), Limits(max_unpacked_bytes=1000))) == 1000


def test_bound_is_not_for_plain_files(put):
    assert len(read(put(b"a" * 2000), Limits(max_unpacked_bytes=1000))) == 2000


def test_zip_bomb_is_refused_by_its_own_account_before_reading(tmp_path):
    path = zipped(tmp_path / "a.zip", {"large": bytes(2_000_000), "small": b"a b"})
    limits = Limits(max_unpacked_bytes=1_000_000)
    with pytest.raises(TooLargeError, match="more than is allowed"), open_source(path, limits):
        pass
    # Only members that are read count.
    with open_source(path, limits, "small") as source:
        assert source.read() == b"a b"


def test_zip_that_lies_about_its_size_is_damaged(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a": bytes(1_000_000)})
    true, lie = (1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(true, lie))
    with pytest.raises(InputError, match="cut short or damaged"):
        read(path)


def test_nested_archives_are_refused(tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"a": bytes(1_000_000)}).read_bytes()
    outer = zipped(tmp_path / "outer.zip", {"inner.zip": inner})
    with pytest.raises(InputError, match="another archive"):
        read(outer)


def test_gzip_in_gzip_is_refused(put):
    with pytest.raises(InputError, match="another archive"):
        read(put(gzip.compress(gzip.compress(bytes(10_000_000)))))


def test_too_many_members_are_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", {f"{i}.txt": b"x" for i in range(11)})
    assert len(members(path, Limits(max_members=11))) == 11
    with pytest.raises(TooLargeError, match="more than 10 files"):
        members(path, Limits(max_members=10))


def test_protected_zip_says_so(tmp_path):
    path = zipped(tmp_path / "a.zip", {"a": b"secret"})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="password"):
        read(path)


def test_empty_zip_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no file"):
        members(zipped(tmp_path / "a.zip", {}), LIMITS)


def test_missing_file_and_folder_are_not_found(tmp_path):
    with pytest.raises(NotFoundError):
        read(tmp_path / "missing")
    with pytest.raises(NotFoundError):
        read(tmp_path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
def test_share_read_goes_from_nothing_to_all(put, pack):
    with open_source(put(pack(os.urandom(3_000_000))), LIMITS) as source:
        shares = [source.share_read]
        while source.read(500_000):
            shares.append(source.share_read)
    assert shares == sorted(shares)
    assert shares[0] < 0.5
    assert shares[-1] == 1


def test_unpacked_copy_is_removed_again(put):
    path = put(gzip.compress(b"PAR1"))
    with unpacked_file(path, LIMITS) as copy:
        assert copy.read_bytes() == b"PAR1"
    assert not copy.parent.exists()


def test_digest_is_sha256_of_the_stored_file(put):
    assert digest(put(b"abc")) == hashlib.sha256(b"abc").hexdigest()


def test_limits_come_from_the_settings():
    assert Limits.of(Settings(max_unpacked_mb=3, max_archive_members=7)) == Limits(3 * 1024**2, 7)


WESTERN = "Die schöne Größe der Straße, fünf Äpfel für Jörg\n" * 20
RUSSIAN = "Привет, мир! Как дела сегодня, люди?\n" * 20


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((WESTERN, name) for name in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252")),
        *((RUSSIAN, name) for name in ("utf-8", "utf-16-le", "utf-16-be", "cp1251")),
        ("“smart” quotes and a café\n" * 5, "cp1252"),
        ("日本語のテキストです。\n" * 50, "shift_jis"),
        pytest.param("plain ascii\n", "ascii", id="ascii"),
    ],
)
def test_text_comes_back_in_any_encoding(put, text, encoding):
    path = put(text.encode(encoding))
    with open_text(path, detect_encoding(path, LIMITS), LIMITS) as stream:
        assert stream.read() == text
        assert stream.buffer.n_repaired == 0


def test_big_endian_mark_is_understood(put):
    path = put(b"\xfe\xff" + TEXT.encode("utf-16-be"))
    with open_text(path, detect_encoding(path, LIMITS), LIMITS) as stream:
        assert stream.read() == TEXT


def test_latin1_after_an_ascii_head_is_read_as_such_and_counted(put):
    path = put(b"a" * HEAD_BYTES + b"\ncaf\xe9 \x93quoted\x94\n")
    encoding = detect_encoding(path, LIMITS)
    with open_text(path, encoding, LIMITS) as stream:
        assert stream.read().endswith("\ncafé “quoted”\n")
        assert stream.buffer.n_repaired == 3


def test_one_stray_byte_does_not_turn_utf8_into_latin1(put):
    path = put("schöne Grüße\n".encode() * 50 + b"\xe9\n")
    assert detect_encoding(path, LIMITS) == "utf-8"


def test_marks_of_utf16_inside_an_8_bit_text_mean_nothing(put):
    path = put(b"abc\n\xff\xfeoojmhnam,;ih3hajjk,e\t2ja\n")
    assert not detect_encoding(path, LIMITS).startswith("utf-16")


def test_letter_cut_by_the_end_of_the_head_is_no_mistake():
    head = ("a" * (HEAD_BYTES - 1) + "ö").encode()[:HEAD_BYTES]
    assert encoding_of(head) == "utf-8"


def test_letters_on_the_edge_of_a_buffer_are_whole(put):
    text = "ä€😀" * 400_000
    with open_text(put(("x" + text).encode()), "utf-8", LIMITS) as stream:
        assert stream.read() == "x" + text
        assert stream.buffer.n_repaired == 0


def test_binary_file_named_txt_is_refused(put):
    with pytest.raises(InputError, match="binary data"):
        detect_encoding(put(os.urandom(5000)), LIMITS)
    with pytest.raises(InputError, match="binary data"):
        detect_encoding(put(b"\x7fELF" + bytes(500)), LIMITS)


def test_nul_far_behind_the_head_is_refused_while_reading(put):
    path = put(b"word " * 100_000 + b"\0\0\0" + b"word " * 1000)
    assert detect_encoding(path, LIMITS) == "utf-8"
    with open_clean(path, "utf-8", LIMITS) as stream, pytest.raises(InputError, match="NUL"):
        stream.read()


def test_empty_file_is_refused(put):
    with pytest.raises(InputError, match=r"file is empty\. Received: 0 bytes"):
        detect_encoding(put(b""), LIMITS)
    with pytest.raises(InputError, match=r"file is empty\. Received: [0-9]+ bytes without any text"):
        detect_encoding(put(gzip.compress(b"")), LIMITS)


@pytest.mark.parametrize(
    "name", ["rot13", "zlib", "unicode_escape", "idna", "no such", pytest.param("\0", id="NUL"), "utf-7"]
)
def test_only_known_encodings_are_used(put, name):
    with pytest.raises(InputError, match="encoding is not supported"), open_clean(put(b"text"), name, LIMITS):
        pass


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_offered_encoding_reads_ascii(put, name):
    data = "plain words".encode(name)
    with open_text(put(data), name, LIMITS) as stream:
        assert stream.read() == "plain words"


def test_line_ends_of_all_systems_are_one(put):
    with open_text(put(b"a\r\nb\rc\nd"), "utf-8", LIMITS) as stream:
        assert list(stream) == ["a\n", "b\n", "c\n", "d"]


def test_long_separator_is_narrowed_across_buffer_edges():
    data = b"".join(b"%d::%d:x::y\n" % (i, i) for i in range(200_000))
    narrowed = io.BufferedReader(NarrowedSource(io.BytesIO(data), "::")).read()
    assert narrowed == data.replace(b"::", NARROW_SEPARATOR.encode())
