"""Vectors from files: equal to what gensim reads, and a clear word about every file that cannot be read."""

from __future__ import annotations

import gzip
import pickle
import zipfile

import numpy as np
import pytest
from gensim.models import KeyedVectors

from embedlab.core.errors import InputError, TooLargeError
from embedlab.core.key_escaping import escape_keys, write_sidecar
from embedlab.kinds.vectors.detection import guess_format
from embedlab.kinds.vectors.importing import VectorsOptions, guess_vectors_options, read_vectors

KEYS = ["king", "queen", "日本", "naïve", "x"]
VECTORS = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)


@pytest.fixture
def keyed():
    keyed = KeyedVectors(7)
    keyed.add_vectors(KEYS, VECTORS)
    return keyed


def glove(path, keys=KEYS, vectors=VECTORS):
    path.write_text("".join(f"{k} {' '.join(map(repr, v.tolist()))}\n" for k, v in zip(keys, vectors, strict=True)))
    return path


@pytest.mark.parametrize("binary", [True, False])
def test_what_gensim_writes_is_read_as_gensim_reads_it(keyed, tmp_path, binary):
    path = tmp_path / "vectors"
    keyed.save_word2vec_format(str(path), binary=binary)
    embedding = read_vectors(path)
    assert embedding.keys == KEYS
    assert np.array_equal(embedding.vectors, VECTORS)
    assert embedding.vectors.dtype == np.float32
    assert guess_vectors_options(path).format == ("word2vec-binary" if binary else "word2vec")


def test_google_news_is_equal_to_gensims(real_data):
    path = real_data("googlenews-8000/googlenews_8000x300.w2v.bin")
    expected = KeyedVectors.load_word2vec_format(str(path), binary=True)
    embedding = read_vectors(path)
    assert (embedding.n_keys, embedding.vector_size) == (8000, 300)
    assert embedding.keys == expected.index_to_key
    assert np.array_equal(embedding.vectors, expected.vectors)


def test_binary_without_line_ends_and_with_half_precision(tmp_path):
    path = tmp_path / "half.bin"
    halves = VECTORS.astype(np.float16)
    rows = (key.encode() + b" " + row.tobytes() for key, row in zip(KEYS, halves, strict=True))
    path.write_bytes(b"5 7\n" + b"".join(rows))
    embedding = read_vectors(path)
    assert embedding.keys == KEYS
    assert np.array_equal(embedding.vectors, halves.astype(np.float32))


def test_glove_text_also_packed_and_with_spaces_in_a_key(tmp_path):
    path = glove(tmp_path / "glove.txt", ["king", "queen", ". . .", "1", "x"])
    packed = tmp_path / "glove.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for file in (path, packed):
        embedding = read_vectors(file)
        assert list(embedding.keys) == ["king", "queen", ". . .", "1", "x"]
        assert np.array_equal(embedding.vectors, VECTORS)


def projector_pair(folder, metadata):
    vectors = folder / "vectors.tsv"
    vectors.write_text("".join("\t".join(map(repr, row.tolist())) + "\n" for row in VECTORS))
    (folder / "metadata.tsv").write_text(metadata, encoding="utf-8")
    return vectors, folder / "metadata.tsv"


def test_projector_pair_with_one_column_has_no_header(tmp_path):
    vectors, metadata = projector_pair(tmp_path, "".join(f"{key}\n" for key in KEYS))
    embedding = read_vectors(vectors, metadata_path=metadata)
    assert embedding.keys == KEYS
    assert np.array_equal(embedding.vectors, VECTORS)


def test_projector_pair_with_several_columns_has_a_header(tmp_path):
    rows = "".join(f"{key}\t{key.upper()}\t{10 - row}\n" for row, key in enumerate(KEYS))
    vectors, metadata = projector_pair(tmp_path, "key\tlabel\tcount\n" + rows)
    embedding = read_vectors(vectors, metadata_path=metadata)
    assert (embedding.keys, embedding.labels) == (KEYS, [key.upper() for key in KEYS])
    assert embedding.metadata["count"].tolist() == [10, 9, 8, 7, 6]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [("king\nqueen\n", "another number of rows"), ("key\tn\n" + "a\t1\n" * 4 + "b\n", "another number of columns")],
    ids=["rows", "columns"],
)
def test_metadata_that_does_not_fit_is_refused(tmp_path, metadata, message):
    vectors, path = projector_pair(tmp_path, metadata)
    with pytest.raises(InputError, match=message):
        read_vectors(vectors, metadata_path=path)


def test_projector_vectors_without_names_are_numbered(tmp_path):
    vectors, _ = projector_pair(tmp_path, "")
    embedding = read_vectors(vectors)
    assert list(embedding.keys) == ["0", "1", "2", "3", "4"]
    assert np.array_equal(embedding.vectors, VECTORS)


@pytest.mark.parametrize("as_metadata", [True, False])
def test_keys_with_spaces_come_back_from_the_sidecar(tmp_path, as_metadata):
    keys = ["new york", "new%20york", "tab\tkey", "plain", "日本 語"]
    path = glove(tmp_path / "words.txt", escape_keys(keys)[0])
    sidecar = write_sidecar(path, keys)
    given = {"metadata_path": sidecar} if as_metadata else {"keys_path": sidecar}
    assert read_vectors(path, **given).keys == keys
    assert read_vectors(path).keys[0] == "new%20york"


def test_the_first_keys_alone_can_be_read(keyed, tmp_path):
    keyed.save_word2vec_format(str(tmp_path / "v"), binary=True)
    keyed.save_word2vec_format(str(tmp_path / "t"))
    for name in ("v", "t"):
        assert read_vectors(tmp_path / name, options=VectorsOptions(first=2)).keys == KEYS[:2]


@pytest.mark.parametrize(
    ("content", "message", "told"),
    [
        (b"", "empty", ""),
        (b"a 1 2\nb 1 2\nc 1\n", "different lengths", "row 3"),
        (b"a 1 2\nb 1 2 3\n", "different lengths", "row 2"),
        (b"a 1 2 3\nb 1 2\nc 1 2 3 4\n", "different lengths", "row 2"),
        (b"2 3\na 1 2 3\nb 1 2\n", "different lengths", "row 2"),
        (b"a 1 2\nb 1 nan\n", "NaN", "row 2"),
        (b"a 1 2\nb inf 1\n", "infinite", "row 2"),
        (b"a 1 2\nb 1 two\n", "not a number", "row 2"),
        (b"4 2\na 1 2\nb 3 4\n", "another number of vectors", "promised 4, found 2"),
        (b"just a text\nof some lines\n", "no known format", ""),
        (b"3 20000\na 1 2\n", "at most 10,000", "20000"),
        (b"999999999999 3\na \x00\x00\x80?\x00\x00\x80?\x00\x00\x80?\nb ", "4 GiB", ""),
        (b"2 3\na \x00\x00\x80?\x00\x00\x80?\x00\x00\x80?\nb \x00\x00", "cut short", "row 2"),
        (pickle.dumps({"vectors": [1.0]}), "pickle", ""),
    ],
    ids=[
        "empty",
        "short-last-row",
        "long-last-row",
        "every-row-differs",
        "short-row",
        "nan",
        "infinite",
        "no-number",
        "too-few-rows",
        "prose",
        "too-many-dimensions",
        "too-many-vectors",
        "cut-short",
        "pickle",
    ],
)
def test_bad_files_are_refused_with_the_row(tmp_path, content, message, told):
    path = tmp_path / "vectors.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_vectors(path)
    assert told in (caught.value.received or "")
    assert caught.value.remedy


def test_pickles_inside_arrays_archives_and_gensim_files_are_refused(keyed, tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.save(tmp_path / "plain.npy", VECTORS)
    np.savez(tmp_path / "arrays.npz", vectors=VECTORS)
    keyed.save(str(tmp_path / "gensim.kv"))
    with zipfile.ZipFile(tmp_path / "torch.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps([1, 2, 3]))
    for name in ("objects.npy", "plain.npy", "arrays.npz", "gensim.kv", "torch.pt"):
        with pytest.raises(InputError, match=r"pickle|not in the chosen format"):
            read_vectors(tmp_path / name, options=VectorsOptions(format="glove"))
    with pytest.raises(InputError, match="pickle"):
        read_vectors(tmp_path / "objects.npy")


def test_the_first_of_equal_keys_is_kept_on_request(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text("a 1 2\nb 3 4\na 5 6\n")
    embedding = read_vectors(path, options=VectorsOptions(duplicates="first"))
    assert (list(embedding.keys), embedding.vectors.tolist()) == (["a", "b"], [[1, 2], [3, 4]])


def test_equal_keys_are_refused_on_request(tmp_path):
    path = tmp_path / "v.txt"
    path.write_text("a 1 2\nb 3 4\na 5 6\n")
    with pytest.raises(InputError, match="twice") as caught:
        read_vectors(path, options=VectorsOptions(duplicates="refuse"))
    assert caught.value.received == "a"


def test_many_blocks_are_put_together(tmp_path):
    vectors = np.arange(12_000, dtype=np.float32).reshape(6000, 2)
    path = glove(tmp_path / "many.txt", [f"k{row}" for row in range(6000)], vectors)
    shares = []
    embedding = read_vectors(path, report=lambda share, _: shares.append(share))
    assert np.array_equal(embedding.vectors, vectors)
    assert shares[-1] == 1.0


def test_a_header_alone_does_not_make_a_word2vec_file():
    assert guess_format(b"7 1\n8 2\n9 3\n") in {"glove", "word2vec"}
    assert guess_format(b"0.5\t1\n2\t3\n") == "tsv"


def test_too_wide_vectors_are_refused(tmp_path):
    path = tmp_path / "wide.txt"
    path.write_text("a " + " ".join(["1"] * 10_001) + "\n")
    with pytest.raises(TooLargeError):
        read_vectors(path)


@pytest.mark.parametrize("form", ["glove", "word2vec", "word2vec-binary"])
def test_a_file_is_cut_to_words_in_any_case_while_it_is_read(keyed, tmp_path, form, monkeypatch):
    path = tmp_path / "vectors"
    keys = ["King", "queen", "日本", "naïve", "x"]
    if form == "glove":
        glove(path, keys)
    else:
        named = KeyedVectors(7)
        named.add_vectors(keys, VECTORS)
        named.save_word2vec_format(str(path), binary=form == "word2vec-binary")
    # What is left out does not count: the file as a whole is larger than is allowed.
    monkeypatch.setattr("embedlab.kinds.vectors.formats.MOST_NUMBERS", 3 * 7)
    with pytest.raises(TooLargeError):
        read_vectors(path)
    cut = read_vectors(path, words=["naïve", "king", "queens", "日本"])
    assert cut.keys == ["King", "日本", "naïve"]
    assert np.array_equal(cut.vectors, VECTORS[[0, 2, 3]])
    with pytest.raises(InputError, match="word of the dataset"):
        read_vectors(path, words=["rook"])


def test_vectors_whose_names_come_beside_them_are_cut_with_their_metadata(tmp_path):
    np.save(tmp_path / "v.npy", VECTORS)
    (tmp_path / "names.tsv").write_text("key\tsize\n" + "".join(f"{key}\t{n}\n" for n, key in enumerate(KEYS)))
    cut = read_vectors(tmp_path / "v.npy", metadata_path=tmp_path / "names.tsv", words=["x", "queen"])
    assert cut.keys == ["queen", "x"]
    assert cut.metadata["size"].tolist() == [1, 4]
    assert np.array_equal(cut.vectors, VECTORS[[1, 4]])
