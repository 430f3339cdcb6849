"""NumPy arrays and Parquet tables as vectors: the numbers that went in come out, and what lacks is said."""

from __future__ import annotations

import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.core.kind import Kind
from embedlab.export import export_embedding
from embedlab.kinds.sniffing import sniff
from embedlab.kinds.vectors.importing import VectorsOptions, guess_vectors_options, read_vectors
from embedlab.reading.sources import Limits

KEYS = ["king", "queen", "日本", "naïve", "new york"]
VECTORS = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)


@pytest.fixture
def names(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("".join(f"{key}\n" for key in KEYS), encoding="utf-8")
    return path


def saved(tmp_path, array):
    path = tmp_path / "vectors.npy"
    np.save(path, array)
    return path


@pytest.mark.parametrize("dtype", ["<f4", "<f8", ">f4", "<f2", "<i4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_any_number_and_order_go_in(tmp_path, names, dtype, order):
    numbers = np.asarray((VECTORS * 8).round(), dtype=dtype, order=order)
    embedding = read_vectors(saved(tmp_path, numbers), metadata_path=names)
    assert list(embedding.keys) == KEYS
    assert embedding.vectors.dtype == np.float32
    assert np.array_equal(embedding.vectors, (VECTORS * 8).round())


def test_array_longer_than_a_block_and_packed(tmp_path):
    vectors = np.arange(3_000_000, dtype=np.float32).reshape(-1, 3)
    np.save(tmp_path / "inside.npy", vectors)
    with zipfile.ZipFile(tmp_path / "packed", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "inside.npy", "inside.npy")
    (tmp_path / "names").write_text("".join(f"k{row}\n" for row in range(len(vectors))))
    embedding = read_vectors(tmp_path / "packed", metadata_path=tmp_path / "names")
    assert np.array_equal(embedding.vectors, vectors)


@pytest.mark.parametrize("order", ["C", "F"])
def test_the_first_rows_of_an_array_with_the_first_names(tmp_path, names, order):
    path = saved(tmp_path, np.asarray(VECTORS, order=order))
    embedding = read_vectors(path, options=VectorsOptions(first=2), metadata_path=names)
    assert list(embedding.keys) == KEYS[:2]
    assert np.array_equal(embedding.vectors, VECTORS[:2])


def test_arrays_are_told_from_their_content(tmp_path):
    path = saved(tmp_path, VECTORS)
    assert guess_vectors_options(path).format == "npy"
    assert sniff(path, Limits()).kind == Kind.VECTORS


def test_arrays_without_names_are_numbered(tmp_path, names):
    embedding = read_vectors(saved(tmp_path, VECTORS))
    assert list(embedding.keys) == ["0", "1", "2", "3", "4"]
    assert np.array_equal(embedding.vectors, VECTORS)
    names.write_text("king\nqueen\n")
    with pytest.raises(InputError, match="another number of rows"):
        read_vectors(saved(tmp_path, VECTORS), metadata_path=names)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([{"a": 1}], dtype=object), "pickle"),
        (np.zeros((2, 2), dtype=[("a", "f4"), ("b", "O")]), "pickle"),
        (np.zeros((2, 2), dtype=[("a", "f4")]), "real numbers"),
        (np.zeros((2, 2), complex), "real numbers"),
        (np.array([["a", "b"]]), "real numbers"),
        (np.zeros(5), "no table"),
        (np.zeros((2, 2, 2)), "no table"),
        (np.zeros((0, 2)), "no table"),
        (np.zeros((2, 0)), "no numbers"),
        (np.zeros((1, 10_001)), "at most 10,000"),
        (np.array([[1.0, np.nan], [1, 2], [1, 2], [1, 2], [1, 2]]), "NaN"),
        (np.full((5, 2), 1e300), "infinite"),
    ],
)
def test_arrays_that_are_no_vectors_are_refused(tmp_path, names, array, message):
    with pytest.raises(InputError, match=message):
        read_vectors(saved(tmp_path, array), metadata_path=names)


def test_arrays_cut_short_or_lying_are_refused(tmp_path, names):
    path = saved(tmp_path, VECTORS)
    whole = path.read_bytes()
    for damaged, message in [
        (whole[:-1], "cut short"),
        (whole[:20], "damaged"),
        (whole + b"\0", "more than its header says"),
        (whole.replace(b"(5, 7)", b"(9**9, 7)"[:6] + b" "), "damaged|cut short|no table"),
    ]:
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=message):
            read_vectors(path, metadata_path=names)
    huge = b"{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 9000), }\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(huge).to_bytes(2, "little") + huge)
    with pytest.raises(TooLargeError, match="4 GiB"):
        read_vectors(path, metadata_path=names)


LISTS = {
    "list": pa.list_(pa.float32()),
    "list of doubles": pa.list_(pa.float64()),
    "fixed": pa.list_(pa.float32(), 7),
    "large list": pa.large_list(pa.float32()),
}


@pytest.mark.parametrize("kind", LISTS)
def test_parquet_with_lists(tmp_path, kind):
    table = pa.table({"n": [9, 8, 7, 6, 5], "word": KEYS, "numbers": pa.array(VECTORS.tolist(), LISTS[kind])})
    pq.write_table(table, tmp_path / "v")
    embedding = read_vectors(tmp_path / "v")
    assert list(embedding.keys) == KEYS
    assert np.array_equal(embedding.vectors, VECTORS)
    assert embedding.metadata["n"].tolist() == [9, 8, 7, 6, 5]
    assert sniff(tmp_path / "v", Limits()).kind == Kind.VECTORS


@pytest.mark.parametrize("name", ["{}", "d{}", "vector_{}", "dim-{}"])
def test_parquet_with_a_column_for_each_dimension(tmp_path, name):
    vectors = np.random.default_rng(1).normal(size=(5, 12)).astype(np.float32)
    shuffled = np.random.default_rng(2).permutation(12)
    columns = {"token": KEYS, **{name.format(place): vectors[:, place] for place in shuffled}, "count": [1, 2, 3, 4, 5]}
    pd.DataFrame(columns).to_parquet(tmp_path / "v")
    embedding = read_vectors(tmp_path / "v")
    assert list(embedding.keys) == KEYS
    # In the order of the numbers, as d10 comes after d9, however the columns lie.
    assert np.array_equal(embedding.vectors, vectors)
    assert embedding.metadata["count"].tolist() == [1, 2, 3, 4, 5]
    assert sniff(tmp_path / "v", Limits()).kind == Kind.VECTORS


def test_parquet_columns_can_be_chosen(tmp_path):
    table = pa.table({"word": KEYS, "id": list(range(5)), "a": VECTORS.tolist(), "b": (2 * VECTORS).tolist()})
    pq.write_table(table, tmp_path / "v")
    embedding = read_vectors(tmp_path / "v", options=VectorsOptions(key_column="id", vector_column="b", first=3))
    assert list(embedding.keys) == ["0", "1", "2"]
    assert np.array_equal(embedding.vectors, 2 * VECTORS[:3])
    for options, message in [({"key_column": "x"}, "no such column"), ({"vector_column": "word"}, "no lists")]:
        with pytest.raises((InputError, NotFoundError), match=message):
            read_vectors(tmp_path / "v", options=VectorsOptions(**options))


def test_parquet_of_other_things_is_no_vectors(tmp_path):
    ratings = pd.DataFrame({"user": ["a", "b"], "film": ["x", "y"], "rating": [3.5, 4.0]})
    ratings.to_parquet(tmp_path / "r")
    assert sniff(tmp_path / "r", Limits()).kind != Kind.VECTORS
    with pytest.raises(InputError, match="holds no vectors"):
        read_vectors(tmp_path / "r")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([[1.0, 2.0], [1.0], [1.0, 2.0]], "row 2 has 1 numbers, the file has 2"),
        ([[1.0, 2.0], None, [1.0, 2.0]], "row 2"),
        ([[1.0, 2.0], [3.0, 4.0], [None, 2.0]], "row 3"),
    ],
)
def test_parquet_rows_that_do_not_fit_are_named(tmp_path, rows, told):
    pq.write_table(pa.table({"key": ["a", "b", "c"], "vector": rows}), tmp_path / "v")
    with pytest.raises(InputError) as caught:
        read_vectors(tmp_path / "v")
    assert told in (caught.value.received or "")


def test_what_is_exported_as_parquet_comes_back(tmp_path):
    metadata = pd.DataFrame({"count": [5, 4, 3, 2, 1]})
    embedding = Embedding(VECTORS, KEYS, [key.upper() for key in KEYS], metadata)
    (path,) = export_embedding(embedding, "parquet", tmp_path / "words.parquet")
    back = read_vectors(path)
    assert (list(back.keys), list(back.labels)) == (list(embedding.keys), list(embedding.labels))
    assert np.array_equal(back.vectors, VECTORS)
    assert back.metadata["count"].tolist() == [5, 4, 3, 2, 1]


def test_fasttext_vec_files_go_in(tmp_path):
    """FastText ends each row with a blank, has keys such as </s>, and writes five digits."""
    rows = "".join(f"{key} {' '.join(f'{x:.4f}' for x in row)} \n" for key, row in zip(KEYS[:4], VECTORS, strict=False))
    path = tmp_path / "cc.vec"
    path.write_text(f"5 7\n</s> {' '.join(['0.0012'] * 7)} \n{rows}", encoding="utf-8")
    embedding = read_vectors(path)
    assert list(embedding.keys) == ["</s>", *KEYS[:4]]
    assert np.allclose(embedding.vectors[1:], VECTORS[:4], atol=5e-5)
    assert guess_vectors_options(path).format == "word2vec"
    assert sniff(path, Limits()).kind == Kind.VECTORS
