"""Files that are no good, each in its own way: refused by an error of our own, or read as far as they are good."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from embedlab.core.errors import InputError, ParameterError, TooLargeError
from embedlab.evaluation.question_files import read_pairs
from embedlab.kinds.ratings import RatingsOptions, import_ratings, preview_ratings
from embedlab.kinds.sniffing import sniff
from embedlab.kinds.text.dataset import TextDataset, TextOptions, guess_text_options, import_text, preview_text
from embedlab.kinds.vectors.importing import VectorsOptions, read_vectors
from embedlab.reading.delimited import TableFormat, open_table
from embedlab.reading.layouts import Layout
from embedlab.reading.sources import Limits, members
from embedlab.reading.table_columns import column_names
from tests.fuzz.seeds import parquet, zipped

LIMITS = Limits(max_unpacked_bytes=64 * 1024**2, max_members=20)
TEXT = b"the cat sat on the mat\nand the dog ran to the park\n" * 5


def import_as_text(path: Path, folder: Path) -> TextDataset:
    """Import as browser and command line do with what is guessed."""
    sniff(path, LIMITS)
    options = guess_text_options(path, LIMITS)
    preview_text(path, options, LIMITS)
    folder.mkdir()
    import_text(path, options, folder, limits=LIMITS)
    return TextDataset.open(folder)


def _not_utf8(columns: dict[str, list[bytes]]) -> bytes:
    """Return a table whose texts are any bytes, which Arrow writes unseen."""
    arrays = []
    for values in columns.values():
        stored = pa.array(values, pa.binary())
        arrays.append(pa.StringArray.from_buffers(len(stored), *stored.buffers()[1:]))
    stream = io.BytesIO()
    pq.write_table(pa.table(arrays, list(columns)), stream)
    return stream.getvalue()


def _renamed_column(old: bytes, new: bytes) -> bytes:
    return parquet({old.decode(): ["the cat sat", "and ran on"] * 5}).replace(old, new)


def _twice(name: str) -> bytes:
    stream = io.BytesIO()
    first, second = pa.array(["one two three"] * 4), pa.array(["four five six"] * 4)
    pq.write_table(pa.table([first, second], [name, name]), stream)
    return stream.getvalue()


def _no_columns() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({}), stream)
    return stream.getvalue()


def _deep(depth: int) -> bytes:
    return b'{"text": "cat sat on the mat", "more": ' + b"[" * depth + b"]" * depth + b"}\n"


def _member(name: str = "a.txt", content: bytes = TEXT, **changes: Any) -> bytes:
    info = zipfile.ZipInfo(name)
    for attribute, value in changes.items():
        setattr(info, attribute, value)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(info, content)
    return stream.getvalue()


def _patched(content: bytes, *patches: tuple[bytes, int, bytes]) -> bytes:
    """Write bytes so many places behind each occurrence of a signature."""
    changed = bytearray(content)
    for signature, offset, new in patches:
        place = changed.find(signature)
        while place >= 0:
            changed[place + offset : place + offset + len(new)] = new
            place = changed.find(signature, place + 4)
    return bytes(changed)


_LOCAL, _CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"{}\n{}\n", "no columns", id="jsonl-without-fields"),
        pytest.param(_no_columns(), "no columns", id="parquet-without-columns"),
        pytest.param(_renamed_column(b"text", b"te\xff\xfe"), "not valid UTF-8", id="parquet-name-not-utf8"),
        pytest.param(parquet({"text": ["a b"]})[:-10], "Parquet file cannot be read", id="parquet-cut-short"),
        pytest.param(parquet({"text": pa.array([], pa.string())}), "no rows", id="parquet-without-rows"),
        pytest.param(b"PAR1", "Parquet file cannot be read", id="parquet-magic-alone"),
        pytest.param(parquet({f"c{n}": ["x y"] for n in range(1001)}), "more than 1,000 columns", id="parquet-wide"),
        pytest.param(_member("n" * 1001), "longer than 1,000 characters", id="zip-long-name"),
        pytest.param(_member(filename=""), "without a name", id="zip-no-name"),
        pytest.param(_member("/abs.txt"), "outside the archive", id="zip-absolute"),
        pytest.param(_member("../up.txt"), "outside the archive", id="zip-parent"),
        pytest.param(_member(content=zipped({"b": TEXT})), "holds another archive", id="zip-nested"),
        pytest.param(_member(content=b"/etc/passwd", external_attr=0o120777 << 16), "holds no file", id="zip-link"),
        pytest.param(
            _patched(_member(), (_LOCAL, 6, b"\x01\x00"), (_CENTRAL, 8, b"\x01\x00")), "password", id="zip-encrypted"
        ),
        pytest.param(
            _patched(_member(), (_LOCAL, 22, b"\x05\0\0\0"), (_CENTRAL, 24, b"\x05\0\0\0")),
            "damaged",
            id="zip-size-less",
        ),
        pytest.param(_patched(_member(), (_CENTRAL, 24, b"\xff\xff\xff\x7f")), "unpacks to more", id="zip-size-more"),
        pytest.param(
            _patched(_member("é.txt"), (_LOCAL, 30, b"\xff\xff"), (_CENTRAL, 46, b"\xff\xff")),
            "damaged",
            id="zip-name-utf8",
        ),
        pytest.param(
            _patched(_member(), (_LOCAL, 8, b"\x63\0"), (_CENTRAL, 10, b"\x63\0")),
            "compression method",
            id="zip-method",
        ),
        pytest.param(gzip.compress(TEXT * 500)[:-9], "cut short", id="gzip-cut-short"),
        pytest.param(gzip.compress(TEXT) + b"garbage", "cut short or damaged", id="gzip-trailing"),
        pytest.param(lzma.compress(TEXT * 500)[:-40], "cut short", id="xz-cut-short"),
        pytest.param(b",".join(b"%d" % n for n in range(60_000)) + b"\n" * 2, "columns|binary", id="csv-wide"),
        pytest.param(b"a,b\n1,x\x00y\n2,z\n", "binary data", id="csv-nul"),
    ],
)
def test_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        import_as_text(path, tmp_path / "dataset")
    assert not list(tmp_path.glob("dataset/*"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(
            _not_utf8({"text": [b"cat caf\xe9", b"dog ran"] * 3}), ["cat", "caf"], id="parquet-cells-not-utf8"
        ),
        pytest.param(parquet({"text": ["cat\0sat", "dog ran"]}), ["cat", "sat"], id="parquet-nul"),
        pytest.param(_twice("text"), ["one", "two", "three"], id="parquet-names-twice"),
        pytest.param(
            parquet({"a.b": ["cat sat"] * 3, "a": [{"b": "x"}] * 3}), ["cat", "sat"], id="parquet-name-with-dot"
        ),
        pytest.param(_deep(3) * 20 + _deep(5000), ["cat", "sat", "on", "the", "mat"], id="jsonl-deep-line"),
        pytest.param(_deep(5000) * 3, ["text", "cat", "sat"], id="json-too-deep-is-prose"),
        pytest.param(b'{"t\\ud800": "cat sat on"}\n' * 3, ["cat", "sat", "on"], id="jsonl-surrogate-name"),
        pytest.param(b'{"text": "cat \\ud800 sat"}\n' * 3, ["cat", "sat"], id="jsonl-surrogate-cell"),
        pytest.param(b'{"text": "cat \\u0000 sat"}\n' * 3, ["cat", "sat"], id="jsonl-nul"),
        pytest.param(
            b'{"n": 1}\n' * 500 + b'{"text": "cat sat on the mat", "n": 2}\n' * 600, [], id="jsonl-late-field"
        ),
        pytest.param(_member(create_version=45, extract_version=45), ["the", "cat", "sat"], id="zip-version-45"),
        pytest.param(b"cat sat on a mat " * 400_000, ["cat", "sat", "on"], id="one-line-of-6-MB"),
        pytest.param(b"\xef\xbb\xbftext\ncat sat\ndog ran\n", ["text"], id="one-column"),
    ],
)
def test_text_is_read(tmp_path: Path, content: bytes, words: list[str]) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    dataset = import_as_text(path, tmp_path / "dataset")
    assert dataset.documents(0, 1)[0][: len(words)] == words
    json.dumps(dataset.imported.options, ensure_ascii=False).encode()


def _types() -> dict[str, tuple[pa.Array, str | None]]:
    huge = 2**60
    return {
        "list": (pa.array([[1, None]]), "[1, null]"),
        "struct": (pa.array([{"a": "x", "b": [1.5]}]), '{"a": "x", "b": [1.5]}'),
        "map": (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8())), '[["k", 1]]'),
        "decimal": (pa.array([12345], pa.int64()).cast(pa.decimal128(30, 5)), "12345.00000"),
        "dictionary": (pa.array(["x y"]).dictionary_encode(), "x y"),
        "bytes": (pa.array([b"caf\xc3\xa9"]), "café"),
        "bytes-not-utf8": (pa.array([b"caf\xe9"]), "caf\ufffd"),
        "fixed-bytes": (pa.array([b"ab\xff"], pa.binary(3)), "ab\ufffd"),
        "null": (pa.nulls(1), ""),
        "empty": (pa.array([None], pa.string()), ""),
        "boolean": (pa.array([True]), "true"),
        "half-float": (pa.array([np.float16(1.5)]), "1.5"),
        "date": (pa.array([19_000], pa.date32()), "2022-01-08"),
        "time-zone": (pa.array([0], pa.timestamp("s", "UTC")), "1970-01-01 00:00:00.000Z"),
        "unknown-zone": (pa.array([0], pa.timestamp("s", "Mars/Olympus")), None),
        "year-300000": (pa.array([huge], pa.timestamp("ms")), "any"),
        "duration": (pa.array([huge], pa.duration("s")), "any"),
    }


@pytest.mark.parametrize("name", _types())
def test_columns_of_any_type_are_text_or_refused(tmp_path: Path, name: str) -> None:
    array, expected = _types()[name]
    path = tmp_path / "file"
    path.write_bytes(parquet({"odd": array, "text": ["cat sat on the mat"]}))

    def read() -> list[str]:
        with open_table(path, TableFormat(Layout.PARQUET), ["odd"], LIMITS) as table:
            return [text for batch in table.batches() for text in batch.column(0).to_pylist()]

    if expected is None:
        with pytest.raises(InputError, match=r"written as text|cannot be read"):
            read()
    else:
        (text,) = read()
        assert expected in {text, "any"}


def test_a_quote_that_never_closes_ends_at_the_bound_of_a_record(tmp_path: Path) -> None:
    path, folder = tmp_path / "file", tmp_path / "dataset"
    path.write_bytes(b"n,text\n1,cat sat\n" + b'2,"never closed\n' + b"3,dog ran off\n" * 700_000)
    folder.mkdir()
    with pytest.raises(InputError, match="longer than 4 MB"):
        import_text(path, TextOptions(layout="delimited", text_column="text"), folder, limits=LIMITS)
    assert not list(folder.iterdir())


def test_replaced_characters_of_parquet_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(_not_utf8({"text": [b"caf\xe9 \xff", b"fine"]}))
    with open_table(path, TableFormat(Layout.PARQUET), ["text"], LIMITS) as table:
        assert [batch.column(0).to_pylist() for batch in table.batches()] == [["caf\ufffd \ufffd", "fine"]]
        assert table.n_repaired == 2


@pytest.mark.parametrize(
    ("header", "names"),
    [
        pytest.param(["a", "", "a", "b"], ["a", "column 2", "a (2)", "b"], id="empty-and-twice"),
        pytest.param(["column 2", "", "x"], ["column 2", "column 2 (2)", "x"], id="name-before"),
        pytest.param(["x", "x", "x (2)"], ["x", "x (3)", "x (2)"], id="name-behind"),
        pytest.param(["a\0b", "\ud800"], ["a\ufffdb", "?"], id="unstorable"),
    ],
)
def test_every_column_has_a_name_of_its_own(header: list[str], names: list[str]) -> None:
    assert column_names(header) == names


def _zip64(content: bytes, n_members: int, directory_bytes: int | None = None) -> bytes:
    """Say of an archive what a zip64 archive says: the numbers stand in a record of their own."""
    end = content.rfind(b"PK\x05\x06")
    size, offset = struct.unpack_from("<II", content, end + 12)
    size = size if directory_bytes is None else directory_bytes
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, n_members, n_members, size, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    short = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return content[:end] + record + locator + short


def test_a_zip64_archive_is_opened_within_the_bounds(tmp_path: Path) -> None:
    path = tmp_path / "file.zip"
    path.write_bytes(_zip64(zipped({"a.txt": TEXT, "b.txt": TEXT}), 2))
    assert members(path, LIMITS) == ["a.txt", "b.txt"]
    assert import_as_text(path, tmp_path / "dataset").n_tokens == 2 * 65
    for number, directory_bytes in ((21, None), (2, 2**40)):
        path.write_bytes(_zip64(zipped({"a.txt": TEXT}), number, directory_bytes))
        with pytest.raises(TooLargeError) as caught:
            members(path, LIMITS)
        assert "EMBEDLAB_MAX_ARCHIVE_MEMBERS" in caught.value.remedy


def test_bounds_name_the_setting_that_raises_them(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(zipped({f"{n}.txt": TEXT for n in range(21)}))
    with pytest.raises(TooLargeError, match=r"more than 20 files.*21.*EMBEDLAB_MAX_ARCHIVE_MEMBERS"):
        members(path, LIMITS)
    path.write_bytes(gzip.compress(TEXT * 1000))
    with pytest.raises(TooLargeError, match=r"more than 0 MB.*EMBEDLAB_MAX_UNPACKED_MB"):
        sniff(path, Limits(max_unpacked_bytes=1000))


def test_bounds_that_no_setting_raises_name_none(tmp_path: Path) -> None:
    path = tmp_path / "pairs"
    path.write_bytes(gzip.compress(b"king\tqueen\t8.5\n" * 600_000))
    with pytest.raises(TooLargeError) as caught:
        read_pairs(path)
    assert "EMBEDLAB" not in str(caught.value)
    path.write_bytes(b"k" * (9 * 1024**2))
    with pytest.raises(TooLargeError, match="at most 8 MB"):
        read_pairs(path)


def test_encodings_that_need_a_mark_ask_for_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(TEXT)
    for encoding in ("utf-16", "utf-32"):
        with pytest.raises(InputError, match="byte order mark"):
            preview_text(path, TextOptions(encoding=encoding), LIMITS)


def test_labels_of_a_table_mean_nothing_to_other_layouts(tmp_path: Path) -> None:
    path, folder = tmp_path / "file", tmp_path / "dataset"
    path.write_bytes(b"label,text\n" + b"ham,the cat sat\nspam,the dog ran\n" * 5)
    options = TextOptions(layout="lines", text_column="text", label_column="label")
    assert preview_text(path, options, LIMITS).labels is None
    folder.mkdir()
    import_text(path, options, folder, limits=LIMITS)
    assert TextDataset.open(folder).labels is None


@pytest.mark.parametrize(
    "delimiter", ['"', "\n", "a\r", "\0", "\udcff"], ids=["quote", "line", "return", "NUL", "half"]
)
def test_what_parts_no_columns_is_refused(delimiter: str) -> None:
    with pytest.raises(ParameterError):
        TextOptions.checked({"delimiter": delimiter})
    with pytest.raises(ValueError, match=r"separator|unicode"):
        RatingsOptions(delimiter=delimiter)


_EXTREMES = ("1e999", "-1e999", "nan", "inf", "9" * 400, "3e38", "-3e38", "1e-400", "\u0663", "1_0", "0x1")
_TIMES = ("1e999", "9" * 400, "-1", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-31", "nan", "")


def test_extreme_numbers_keys_and_dates_of_ratings(tmp_path: Path) -> None:
    path, folder = tmp_path / "file", tmp_path / "dataset"
    rows = ["user,item,rating,timestamp", *(f"{n},{n % 7},{n % 5},1{n:09}" for n in range(60))]
    rows += [f"{'8' * 400},{number},{number},{time}" for number in _EXTREMES for time in _TIMES]
    path.write_text("\n".join(rows))
    assert preview_ratings(path, RatingsOptions(), LIMITS).counts["ratings"] > 60
    folder.mkdir()
    imported = import_ratings(path, RatingsOptions(), folder, limits=LIMITS)
    json.dumps(imported.details, allow_nan=False)
    assert imported.details["left_out"]["rows whose rating is not a number"]["count"] > 0
    assert imported.details["scale"] == [float(np.float32(-3e38)), float(np.float32(3e38))]


_LISTS = pa.list_(pa.float32())


def test_ratings_that_are_refused_late_leave_nothing(tmp_path: Path) -> None:
    """The items file is read when the ratings are written already."""
    path, items, folder = tmp_path / "file", tmp_path / "items", tmp_path / "dataset"
    path.write_text("user,item,rating\n" + "".join(f"{n % 9},{n},{n % 5}\n" for n in range(60)))
    items.write_text("itemId,title\nx,Heat\ny,Emma\n")
    folder.mkdir()
    with pytest.raises(InputError, match="no item in common"):
        import_ratings(path, RatingsOptions(), folder, items_path=items, limits=LIMITS)
    assert not list(folder.iterdir())


def _npy(header: str, numbers: bytes = b"\0" * 80, version: bytes = b"\x01\x00") -> bytes:
    text = header.encode("latin-1") + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H" if version[0] == 1 else "<I", len(text)) + text + numbers


def _shape(shape: str, descr: str = "'<f4'", order: str = "False") -> bytes:
    return _npy(f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(_shape("(-4, 5)"), "no table of vectors", id="npy-negative-rows"),
        pytest.param(_shape("(4, -5)"), "no numbers", id="npy-negative-columns"),
        pytest.param(_shape("()"), "no table of vectors", id="npy-0-d"),
        pytest.param(_shape("(20,)"), "no table of vectors", id="npy-1-d"),
        pytest.param(_shape("(1000000000000, 5)"), "4 GiB", id="npy-huge"),
        pytest.param(_shape("(200000, 5000)"), "cut short", id="npy-huge-within-bounds"),
        pytest.param(_shape("(200000, 5000)", order="True"), "cut short", id="npy-huge-by-columns"),
        pytest.param(_shape("(4, 5)", "'|O'"), "pickle", id="npy-objects"),
        pytest.param(_shape("(4, 5)", "[('a', '<f4')]"), "real numbers", id="npy-structured"),
        pytest.param(_shape("(4, 5)", "'<c8'"), "real numbers", id="npy-complex"),
        pytest.param(_shape("(4, 5)", "'|V0'"), "real numbers", id="npy-void"),
        pytest.param(_npy("(" * 5000), "damaged", id="npy-deep-header"),
        pytest.param(_npy("{}"), "damaged", id="npy-empty-header"),
        pytest.param(b"\x93NUMPY\x09\x00", "damaged", id="npy-version-9"),
        pytest.param(b"-5 3\na 1 2 3\n", "no known format|not a number|different lengths", id="word2vec-negative"),
        pytest.param(b"999999999999 3\na 1 2 3\nb 1 2 3\n", "promised 999,999,999,999", id="word2vec-huge"),
        pytest.param(b"0 3\n", "no known format|no vectors", id="word2vec-none"),
        pytest.param(b"3 999999999999\na 1 2 3\n", "at most 10,000", id="word2vec-huge-size"),
        pytest.param(b"2 2\na 1e999 2\nb 1 2\n", "infinite", id="number-too-large"),
        pytest.param(b"a " + b"1 " * 600_000 + b"\n", "too long|at most", id="long-line"),
        pytest.param(parquet({"key": ["a", "b"], "vector": [[1.0, None], [1.0, 2.0]]}), "no vector", id="parquet-null"),
        pytest.param(
            parquet({"key": ["a", "b"], "vector": pa.array([[], []], pa.list_(pa.float32()))}),
            "no numbers",
            id="parquet-empty-lists",
        ),
        pytest.param(_twice("key"), "no vectors|same name", id="parquet-no-vectors"),
        pytest.param(_no_columns(), "no vectors", id="parquet-without-columns"),
    ],
)
def test_vectors_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path, names = tmp_path / "file", tmp_path / "names"
    path.write_bytes(content)
    names.write_text("a\nb\nc\nd\n")
    with pytest.raises(InputError, match=message):
        read_vectors(path, metadata_path=names if b"NUMPY" in content[:8] else None, limits=LIMITS)


def test_a_few_rows_of_an_array_by_columns_are_read_in_pieces(tmp_path: Path) -> None:
    """The header's promise makes no room by itself: rows that are not there are missed where they should be."""
    path = tmp_path / "file"
    path.write_bytes(_shape("(1000000000000000, 5)", order="True"))
    with pytest.raises(InputError, match="cut short"):
        read_vectors(path, options=VectorsOptions(first=3), limits=LIMITS)


def test_keys_of_a_parquet_table_are_clean(tmp_path: Path) -> None:
    path = tmp_path / "file"
    stored = pa.array([b"caf\xe9", b"tea"], pa.binary())
    keys = pa.StringArray.from_buffers(2, *stored.buffers()[1:])
    path.write_bytes(parquet({"key": keys, "note": keys, "vector": [[1.0, 2.0], [3.0, 4.0]]}))
    embedding = read_vectors(path, limits=LIMITS)
    assert list(embedding.keys) == ["caf\ufffd", "tea"]
    embedding.save(tmp_path / "embedding")


def test_restored_keys_are_clean(tmp_path: Path) -> None:
    path, sidecar = tmp_path / "file", tmp_path / "file.keys.json"
    path.write_bytes(b"2 2\na%20b 1 2\nb 3 4\n")
    sidecar.write_text('{"keys": {"a%20b": "a\\ud800 b"}}')
    embedding = read_vectors(path, keys_path=sidecar, limits=LIMITS)
    embedding.save(tmp_path / "embedding")
    assert list(embedding.keys) == ["a? b", "b"]


@pytest.mark.parametrize("width", [4, 200_000], ids=["short", "long"])
def test_blocks_of_text_rows_are_bounded(tmp_path: Path, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long lines are, only a few megabytes of them are held at a time."""
    from embedlab.kinds.vectors import rows as vector_rows

    longest: list[int] = []
    plain: Callable[..., Any] = vector_rows._TextRows.add

    def add(self: Any, lines: list[bytes]) -> None:
        longest.append(sum(map(len, lines)))
        plain(self, lines)

    monkeypatch.setattr(vector_rows._TextRows, "add", add)
    path = tmp_path / "file"
    path.write_bytes(b"".join(b"k%d %s\n" % (n, b"1.5 " * 3 + b" " * width) for n in range(60)))
    assert read_vectors(path, options=VectorsOptions(format="glove"), limits=LIMITS).n_keys == 60
    assert max(longest) <= 2**22 + 2**20
