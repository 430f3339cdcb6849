"""Several files as one dataset: their documents in turn, one digest, labels by name, bounds on the sum."""

from __future__ import annotations

import gzip
import zipfile

import pytest

from embedlab.core.errors import InputError, NotFoundError, ParameterError, TooLargeError
from embedlab.kinds.text.dataset import TextDataset, TextOptions, import_text, preview_text
from embedlab.reading.bundles import bundle_name, bundled, is_bundle
from embedlab.reading.sources import Limits, StoredFile, digest, member_sizes

LIMITS = Limits()
ALL = TextOptions(all_members=True)
FILES = {"b.txt": "one two\nthree", "a.txt": "four five six\n\nseven", "deep/c.txt": "eight nine"}
DOCUMENTS = [["one", "two"], ["three"], ["four", "five", "six"], ["seven"], ["eight", "nine"]]


@pytest.fixture
def put(tmp_path):
    def write(files, name="archive"):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, data in files.items():
                archive.writestr(member, data)
        return path

    return write


def imported(path, tmp_path, options=ALL, limits=LIMITS):
    folder = tmp_path / "dataset"
    folder.mkdir()
    import_text(path, options, folder, limits=limits)
    return TextDataset.open(folder)


def on_disk(tmp_path, files):
    paths = []
    for number, data in enumerate(files.values()):
        paths.append(tmp_path / f"file-{number}")
        paths[-1].write_bytes(data if isinstance(data, bytes) else data.encode())
    return list(zip(files, paths, strict=True))


def test_documents_of_each_file_in_turn(put, tmp_path):
    dataset = imported(put(FILES), tmp_path)
    assert dataset.documents(0, 9) == DOCUMENTS
    assert dataset.labels is None
    assert dataset.imported.details["files"] == {"read": 3, "left_out": []}


@pytest.mark.parametrize(
    ("label_by", "labels"),
    [
        ("file", ["b.txt", "b.txt", "a.txt", "a.txt", "c.txt"]),
        ("folder", ["(no folder)"] * 4 + ["deep"]),
    ],
)
def test_labels_by_file_or_folder(put, tmp_path, label_by, labels):
    options = TextOptions(all_members=True, label_by=label_by)
    dataset = imported(put(FILES), tmp_path, options)
    assert dataset.labels["label"].tolist() == labels
    assert dataset.imported.details["labels"]["different"] == len(set(labels))
    preview = preview_text(put(FILES), options, LIMITS)
    assert [document.label for document in preview.documents] == labels
    assert preview.labels == dataset.imported.details["labels"]
    assert preview.is_complete


def test_each_file_is_one_document_of_any_length(put, tmp_path):
    files = {"long.txt": "word other " * 200_000, "short.txt": "last"}
    dataset = imported(put(files), tmp_path, TextOptions(layout="document", all_members=True, label_by="file"))
    assert dataset.labels["label"].tolist() == ["long.txt", "short.txt"]
    assert dataset.imported.details["labels"]["most_frequent"][0]["tokens"] == 400_000
    assert dataset.documents(1, 2) == [["last"]]


def test_the_preview_looks_into_every_file(put):
    files = {f"{n}.txt": f"only{n} word\n" * 100_000 for n in range(5)}
    preview = preview_text(put(files), TextOptions(all_members=True, label_by="file"), LIMITS)
    assert [row["label"] for row in preview.labels["most_frequent"]] == sorted(files)
    assert not preview.is_complete
    n_bytes = sum(map(len, files.values()))
    # Line feeds belong to no document, but are read.
    assert preview.share_read == pytest.approx(1.1 * 2**20 / n_bytes, rel=0.02)


def test_the_preview_of_packed_tables_counts_all_columns_as_read(put):
    rows = [f"{'x' * 60},{'two words ' * 3},{'y' * 40}\n" for _ in range(40_000)]
    files = {f"{n}.csv": "a,text,b\n" + "".join(rows) for n in range(2)}
    options = TextOptions(layout="delimited", text_column="text", all_members=True)
    preview = preview_text(put(files), options, LIMITS)
    assert not preview.is_complete
    assert preview.share_read == pytest.approx(preview.counts["documents"] / 80_000, rel=0.02)


def test_tables_of_the_same_columns(put, tmp_path):
    files = {"1.csv": "id,text,kind\n1,one two,x\n", "2.csv": "kind,text\ny,three\nz,four,extra,fields\n"}
    options = TextOptions(layout="delimited", text_column="text", label_column="kind", all_members=True)
    dataset = imported(put(files), tmp_path, options)
    assert dataset.documents(0, 9) == [["one", "two"], ["three"]]
    assert dataset.labels["label"].tolist() == ["x", "y"]
    assert dataset.imported.details["rows_left_out"] == 1


def test_the_file_that_does_not_fit_is_named(put, tmp_path):
    files = {"1.csv": "id,text\n1,one two\n", "2.csv": "id,body\n2,three four\n"}
    with pytest.raises(NotFoundError, match=r"In the file 2\.csv.*Received: text"):
        imported(put(files), tmp_path, TextOptions(layout="delimited", text_column="text", all_members=True))
    assert list((tmp_path / "dataset").iterdir()) == []


def test_encodings_are_told_file_by_file(put, tmp_path):
    files = {"1": "größe eins".encode("utf-16"), "2": "größe zwei".encode(), "3": "größe drei".encode("latin-1")}
    dataset = imported(put(files), tmp_path)
    assert [document[0] for document in dataset.documents(0, 3)] == ["größe"] * 3


def test_files_without_text_are_left_out_and_named(put, tmp_path):
    files = {"a.txt": "one two", "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "empty.txt": " \n"}
    dataset = imported(put(files), tmp_path)
    assert dataset.documents(0, 9) == [["one", "two"]]
    assert any("2 files contain no text" in w and "picture.png" in w for w in dataset.imported.warnings)
    del files["a.txt"]
    with pytest.raises(InputError, match="None of the files contains text"):
        preview_text(put(files, "other"), ALL, LIMITS)


def test_what_is_no_archive_or_holds_one_is_refused(put, tmp_path):
    (tmp_path / "plain").write_text("just text here")
    with pytest.raises(InputError, match="not an archive"):
        preview_text(tmp_path / "plain", ALL, LIMITS)
    with pytest.raises(InputError, match="another archive"):
        preview_text(put({"a.txt": "one two", "b.gz": gzip.compress(b"three")}), ALL, LIMITS)


def test_options_that_contradict_each_other_are_refused():
    with pytest.raises(ParameterError, match="set all_members"):
        TextOptions.checked({"label_by": "file"})
    with pytest.raises(ParameterError, match="not from both"):
        TextOptions.checked({"all_members": True, "label_by": "file", "label_column": "kind"})


def test_one_digest_for_the_same_files_and_another_for_others(tmp_path):
    digests = []
    for files in (FILES, FILES, {**FILES, "a.txt": "changed"}, {"renamed.txt": "one two\nthree"}):
        with bundled(on_disk(tmp_path, files), LIMITS) as bundle:
            digests.append(digest(bundle))
            assert is_bundle(StoredFile(bundle, LIMITS))
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_packed_files_and_archives_are_unpacked_into_the_bundle(put, tmp_path):
    inner = put({"x.txt": "in a zip", "y/z.txt": "deeper"}, "inner.zip").read_bytes()
    files = {"a.txt.gz": gzip.compress(b"one two"), "inner.zip": inner, "plain.txt": "three"}
    with bundled(on_disk(tmp_path, files), LIMITS) as bundle:
        assert [name for name, _ in member_sizes(bundle, LIMITS)] == [
            "a.txt",
            "inner/x.txt",
            "inner/y/z.txt",
            "plain.txt",
        ]
        preview = preview_text(bundle, ALL, LIMITS)
    assert [document.tokens for document in preview.documents][:2] == [["one", "two"], ["in", "a", "zip"]]


def test_names_are_harmless_and_each_has_its_own(tmp_path):
    place = tmp_path / "f"
    place.write_text("some words")
    names = ["../../etc/passwd", "C:\\x\\a.txt", "/abs/a.txt", "abs/a.txt", "abs/a.txt", "..", "a\nb"]
    with bundled([(name, place) for name in names], LIMITS) as bundle:
        found = [name for name, _ in member_sizes(bundle, LIMITS)]
    assert found == ["etc/passwd", "C_/x/a.txt", "abs/a.txt", "abs/a (2).txt", "abs/a (3).txt", "file", "a b"]


def test_bounds_hold_for_the_sum(put, tmp_path):
    files = {f"{n}.txt": "word " * 1000 for n in range(4)}
    with pytest.raises(TooLargeError, match="together are larger"), bundled(on_disk(tmp_path, files), Limits(19_999)):
        pass
    with pytest.raises(TooLargeError, match="more than 3"), bundled(on_disk(tmp_path, files), Limits(max_members=3)):
        pass
    with pytest.raises(TooLargeError):
        preview_text(put(files), ALL, Limits(19_999))
    bomb = {"a.txt": "x", "b.gz": gzip.compress(b"word " * 1_000_000)}
    with pytest.raises(TooLargeError), bundled(on_disk(tmp_path, bomb), Limits(1_000_000)):
        pass


def test_progress_grows_over_all_files(put, tmp_path):
    shares = []
    folder = tmp_path / "dataset"
    folder.mkdir()
    path = put({f"{n}.txt": "some words\n" * 300_000 for n in range(4)})
    import_text(path, ALL, folder, limits=LIMITS, report=lambda share, _: shares.append(share))
    assert shares == sorted(shares)
    assert any(0.3 < share < 0.7 for share in shares)


def test_the_table_of_contents_is_read_once_for_all_files(put, monkeypatch):
    path = put({f"{n}.txt": f"word{n} other" for n in range(50)})
    opened = []
    archive = zipfile.ZipFile
    monkeypatch.setattr(zipfile, "ZipFile", lambda *args: opened.append(1) or archive(*args))
    assert preview_text(path, ALL, LIMITS).counts["documents"] == 50
    assert len(opened) == 1


def test_how_several_files_are_called(tmp_path):
    assert bundle_name(["a.txt"]) == "a.txt"
    assert bundle_name(["a.txt", "b.txt", "c.txt"]) == "a.txt and 2 more"
    for data in (b"", b"short", b"long enough to be one but not " * 9):
        (tmp_path / "f").write_bytes(data)
        assert not is_bundle(StoredFile(tmp_path / "f", LIMITS))
