from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import ConflictError, InputError, NotFoundError, StorageError


@pytest.fixture
def embedding() -> Embedding:
    vectors = np.array([[3, 4], [0, 0], [0, 2]], dtype=np.float32)
    metadata = pd.DataFrame({"count": [9, 5, 1], "genre": ["a", None, "b"]})
    return Embedding.checked(vectors, ["1", "2", "3"], ["Heat", "Heat", "Big"], metadata)


def test_sizes_rows_and_labels(embedding: Embedding):
    assert (embedding.n_keys, embedding.vector_size) == (3, 2)
    assert embedding.index("3") == 2
    assert embedding.label("2") == "Heat"
    with pytest.raises(NotFoundError, match="not in the vocabulary"):
        embedding.index("Heat")


def test_labels_default_to_the_keys():
    assert list(Embedding(np.ones((2, 1), np.float32), ["a", "b"]).labels) == ["a", "b"]


def test_unit_vectors_keep_zero_rows_zero(embedding: Embedding):
    np.testing.assert_allclose(embedding.unit_vectors, [[0.6, 0.8], [0, 0], [0, 1]], atol=1e-7)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_tiny_and_huge_vectors_have_a_direction(scale: float):
    embedding = Embedding(np.array([[3, 4], [4, 3]], np.float32) * np.float32(scale), ["a", "b"])
    np.testing.assert_allclose(embedding.unit_vectors[0], [0.6, 0.8], rtol=1e-5)
    assert embedding.keyed_vectors.most_similar("a")[0][1] == pytest.approx(0.96, rel=1e-5)


def test_keyed_vectors_are_gensims_and_never_answer_nan(embedding: Embedding):
    keyed = embedding.keyed_vectors
    assert keyed.index_to_key == ["1", "2", "3"]
    assert keyed.similarity("1", "3") == pytest.approx(0.8)
    assert dict(keyed.most_similar("1", topn=2)) == pytest.approx({"3": 0.8, "2": 0.0})


def test_saved_and_loaded_is_the_same_and_stays_on_disk(embedding: Embedding, tmp_path: Path):
    embedding.save(tmp_path / "items", {"source": "test"})
    loaded = Embedding.load(tmp_path / "items")
    assert isinstance(loaded.vectors, np.memmap)
    np.testing.assert_array_equal(loaded.vectors, embedding.vectors)
    assert (loaded.keys, loaded.labels) == (list(embedding.keys), list(embedding.labels))
    pd.testing.assert_frame_equal(loaded.metadata, embedding.metadata, check_dtype=False)
    with pytest.raises(ConflictError):
        embedding.save(tmp_path / "items")


def test_an_embedding_without_metadata_comes_back_without(tmp_path: Path):
    Embedding(np.ones((2, 1), np.float32), ["a", "b"]).save(tmp_path / "e")
    assert Embedding.load(tmp_path / "e").metadata.shape == (2, 0)


@pytest.mark.parametrize("damage", ["vectors", "keys", "column", "rows"])
def test_damaged_files_are_a_storage_error(embedding: Embedding, tmp_path: Path, damage: str):
    folder = tmp_path / "e"
    embedding.save(folder)
    if damage == "vectors":
        (folder / "vectors.npy").write_bytes(b"")
    elif damage == "keys":
        (folder / "keys.parquet").unlink()
    elif damage == "column":
        pd.DataFrame({"x": [1, 2, 3]}).to_parquet(folder / "keys.parquet")
    else:
        np.save(folder / "vectors.npy", np.ones((2, 2), np.float32))
    with pytest.raises(StorageError, match="missing or damaged"):
        Embedding.load(folder)


def test_a_pickle_in_place_of_vectors_is_never_run(embedding: Embedding, tmp_path: Path):
    folder = tmp_path / "e"
    embedding.save(folder)
    np.save(folder / "vectors.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(StorageError):
        Embedding.load(folder)


@pytest.mark.parametrize(
    ("vectors", "keys", "options", "message"),
    [
        (np.ones((0, 2), np.float32), [], {}, "at least one vector"),
        (np.ones((2, 0), np.float32), ["a", "b"], {}, "at least one vector"),
        (np.ones(2, np.float32), ["a", "b"], {}, "at least one vector"),
        (np.ones((2, 2)), ["a", "b"], {}, "float32"),
        (np.ones((2, 2), np.float32), ["a"], {}, "one key"),
        (np.ones((2, 2), np.float32), ["a", "b"], {"labels": ["A"]}, "one label"),
        (np.ones((2, 2), np.float32), ["a", "a"], {}, "occurs twice"),
        (np.ones((2, 2), np.float32), ["a", ""], {}, "empty"),
        (np.array([[1, 1], [np.nan, 1]], np.float32), ["a", "b"], {}, "NaN"),
        (np.array([[1, 1], [np.inf, 1]], np.float32), ["a", "b"], {}, "infinite"),
        (np.ones((2, 2), np.float32), ["a", "b"], {"metadata": pd.DataFrame({"c": [1]})}, "row of metadata"),
        (np.ones((1, 2), np.float32), ["a"], {"metadata": pd.DataFrame({"key": [1]})}, "reserved"),
        (np.ones((1, 2), np.float32), ["a"], {"metadata": pd.DataFrame([[1, 2]], columns=["c", "c"])}, "twice"),
    ],
)
def test_parts_that_do_not_fit_are_refused(vectors, keys, options, message):
    with pytest.raises(InputError, match=message):
        Embedding.checked(vectors, keys, **options)
