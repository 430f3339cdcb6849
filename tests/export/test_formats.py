import csv
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from gensim.models import KeyedVectors

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError, StorageError
from embedlab.core.key_escaping import escape_keys, read_sidecar, restore_keys, sidecar_path
from embedlab.export import FORMATS, export_download, export_embedding, file_stem
from embedlab.export.tables import tsv_keys, write_csv
from tests.output_paths import UNUSABLE, put, state

KEYS = ["king", "new york", "100%", "=1+1", "<b>x</b>", "a\tb", "c\nd", "naïve", "\u00a0odd\u2028", "שלום", "🙂", '"q"']


@pytest.fixture
def embedding() -> Embedding:
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(len(KEYS), 4)) * [1e-30, 1, 1e30, 1 / 3]).astype(np.float32)
    vectors[3] = 0
    metadata = pd.DataFrame(
        {
            "count": range(len(KEYS), 0, -1),
            "genres": [["Drama", "War"], None, *[["-x"]] * (len(KEYS) - 2)],
            "x": [f"@{row}" for row in range(len(KEYS))],
            "mean": [None, -1.5, *[2.25] * (len(KEYS) - 2)],
        }
    )
    return Embedding.checked(vectors, KEYS, [f"-{key} film" for key in KEYS], metadata)


@pytest.fixture
def coordinates() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(len(KEYS), 2)).astype(np.float32)


@pytest.mark.parametrize(("name", "binary"), [("word2vec", False), ("word2vec-binary", True)])
def test_word2vec_loads_in_gensim_and_the_sidecar_restores_the_keys(embedding, tmp_path: Path, name: str, binary: bool):
    out = tmp_path / "words.vec"
    files = export_embedding(embedding, name, out)
    assert files == [out, sidecar_path(out)]
    loaded = KeyedVectors.load_word2vec_format(str(out), binary=binary)
    assert loaded.index_to_key == escape_keys(KEYS)[0]
    assert restore_keys(loaded.index_to_key, read_sidecar(files[1])) == KEYS
    np.testing.assert_array_equal(loaded.vectors, embedding.vectors)


def test_plain_keys_need_no_sidecar_and_an_old_one_goes(embedding: Embedding, tmp_path: Path):
    out = tmp_path / "words.txt"
    export_embedding(embedding, "word2vec", out)
    assert export_embedding(Embedding(np.ones((1, 2), np.float32), ["a"]), "word2vec", out) == [out]
    assert list(tmp_path.iterdir()) == [out]
    assert out.read_text() == "1 2\na 1 1\n"


def test_gensims_own_format_loads_mapped_with_counts(embedding: Embedding, tmp_path: Path):
    files = export_embedding(embedding, "kv", tmp_path / "words.kv")
    assert [file.name for file in files] == ["words.kv", "words.kv.vectors.npy"]
    loaded = KeyedVectors.load(str(files[0]), mmap="r")
    assert isinstance(loaded.vectors, np.memmap)
    assert loaded.index_to_key == KEYS
    assert loaded.get_vecattr("new york", "count") == 11
    np.testing.assert_array_equal(loaded.vectors, embedding.vectors)
    assert loaded.most_similar("king", topn=1)[0][0] in KEYS


def test_the_tsv_pair_has_one_line_a_key(embedding: Embedding, tmp_path: Path):
    vectors, metadata, sidecar = export_embedding(embedding, "tsv", tmp_path / "words.tsv")
    assert (metadata.name, sidecar.name) == ("words.metadata.tsv", "words.tsv.keys.json")
    np.testing.assert_array_equal(np.loadtxt(vectors, delimiter="\t", dtype=np.float32), embedding.vectors)
    lines = [line.split("\t") for line in metadata.read_bytes().decode().removesuffix("\n").split("\n")]
    assert lines[0] == ["key", "label", "count", "genres", "x_", "mean"]
    assert restore_keys([line[0] for line in lines[1:]], read_sidecar(sidecar)) == KEYS
    assert lines[1] == ["king", "-king film", "12", "Drama|War", "@0", ""]
    assert lines[2][0] == "new york"
    assert lines[6][1] == "-a b film"


def test_a_single_column_of_metadata_has_no_header(tmp_path: Path):
    embedding = Embedding(np.ones((2, 1), np.float32), ["a b", "100%"])
    vectors, metadata = export_embedding(embedding, "tsv", tmp_path / "words.tsv")
    assert metadata.read_text() == "a b\n100%\n"
    assert vectors.read_text() == "1\n1\n"


def test_escaped_tsv_keys_stay_unique():
    assert tsv_keys(["a\tb", "a%09b"]) == ["a%09b", "a%2509b"]
    assert tsv_keys(["100%", "b c"]) == ["100%", "b c"]


def test_parquet_keeps_everything_as_it_is(embedding: Embedding, coordinates: np.ndarray, tmp_path: Path):
    (out,) = export_embedding(embedding, "parquet", tmp_path / "words.parquet", coordinates=coordinates)
    table = pd.read_parquet(out)
    assert list(table) == ["key", "label", "x", "y", "count", "genres", "x_", "mean", "vector"]
    assert table["key"].tolist() == KEYS
    assert table["x_"].tolist() == embedding.metadata["x"].tolist()
    np.testing.assert_array_equal(table[["x", "y"]].to_numpy(), coordinates)
    np.testing.assert_array_equal(np.stack(table["vector"]), embedding.vectors)


def test_csv_defuses_formulae_in_text_and_leaves_numbers(embedding, coordinates, tmp_path: Path):
    (out,) = export_embedding(embedding, "csv", tmp_path / "words.csv", coordinates=coordinates)
    with out.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0])[:8] == ["key", "label", "x", "y", "count", "genres", "x_", "mean"]
    assert rows[3]["key"] == "'=1+1"
    assert rows[0]["label"] == "'-king film"
    assert rows[0]["x_"] == "'@0"
    assert rows[2]["genres"] == "'-x"
    assert rows[1]["mean"] == "-1.5"
    cells = [
        cell for row in rows for name, cell in row.items() if name not in {"x", "y", "mean"} and "vector" not in name
    ]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    written = np.array([[row[f"vector_{position}"] for position in range(4)] for row in rows], dtype=np.float32)
    np.testing.assert_array_equal(written, embedding.vectors)
    np.testing.assert_array_equal(np.array([[row["x"], row["y"]] for row in rows], np.float32), coordinates)


def test_csv_quotes_text_so_that_no_other_separator_parts_it(tmp_path: Path):
    metadata = pd.DataFrame({"=cmd": ["a"]})
    write_csv(Embedding(np.ones((1, 1), np.float32), ["a;=1"], metadata=metadata), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == '"key","label","\'=cmd","vector_0"\n"a;=1","a;=1","a",1\n'
    write_csv(Embedding(np.ones((1, 1), np.float32), ["a"]), tmp_path / "b.csv", np.zeros((1, 3)), with_vectors=False)
    assert (tmp_path / "b.csv").read_text() == '"key","label","x","y","z"\n"a","a",0,0,0\n'


def test_more_rows_than_a_block_keep_their_order(tmp_path: Path):
    n_keys = 12_001
    vectors = np.arange(2 * n_keys, dtype=np.float32).reshape(-1, 2)
    embedding = Embedding(vectors, [f"k{row}" for row in range(n_keys)])
    export_embedding(embedding, "word2vec", tmp_path / "a.txt")
    loaded = KeyedVectors.load_word2vec_format(str(tmp_path / "a.txt"))
    np.testing.assert_array_equal(loaded.vectors, vectors)
    export_embedding(embedding, "csv", tmp_path / "a.csv")
    np.testing.assert_array_equal(pd.read_csv(tmp_path / "a.csv")[["vector_0", "vector_1"]].to_numpy(), vectors)


@pytest.mark.parametrize("name", FORMATS)
def test_an_embedding_on_disk_is_exported_as_one_in_memory(embedding: Embedding, tmp_path: Path, name: str):
    embedding.save(tmp_path / "e")
    one = export_embedding(Embedding.load(tmp_path / "e"), name, tmp_path / "one" / "a")
    two = export_embedding(embedding, name, tmp_path / "two" / "a")
    assert [file.name for file in one] == [file.name for file in two]
    if name != "kv":
        assert [file.read_bytes() for file in one] == [file.read_bytes() for file in two]


@pytest.mark.parametrize("name", FORMATS)
def test_a_failure_leaves_what_was_there(embedding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    out = tmp_path / "a.out"
    out.write_text("before")

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match="disk is full"):
        export_embedding(embedding, name, out)
    assert [file.name for file in tmp_path.iterdir()] == ["a.out"]
    assert out.read_text() == "before"


def test_what_does_not_fit_is_refused(embedding: Embedding, tmp_path: Path):
    with pytest.raises(NotFoundError, match="word2vec-binary"):
        export_embedding(embedding, "pickle", tmp_path / "a")
    with pytest.raises(InputError, match="folder"):
        export_embedding(embedding, "csv", tmp_path)
    with pytest.raises(InputError, match="Coordinates"):
        export_embedding(embedding, "csv", tmp_path / "a", coordinates=np.zeros((2, 2)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "what"), UNUSABLE)
def test_only_regular_files_are_replaced(embedding: Embedding, tmp_path: Path, kind: str, what: str):
    out = put(tmp_path, kind)
    before = state(tmp_path)
    with pytest.raises(InputError, match=what):
        export_embedding(embedding, "csv", out)
    assert state(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "beside"), [("word2vec", "a.keys.json"), ("tsv", "a.metadata.tsv"), ("kv", "a.vectors.npy")]
)
@pytest.mark.parametrize("kind", ["link", "folder"])
def test_files_beside_an_export_are_replaced_only_if_regular(
    embedding: Embedding, tmp_path: Path, name: str, beside: str, kind: str
):
    put(tmp_path, kind).rename(tmp_path / beside)
    (tmp_path / "a").write_text("before")
    before = state(tmp_path)
    with pytest.raises(InputError, match="output path is a"):
        export_embedding(embedding, name, tmp_path / "a")
    assert state(tmp_path) == before
    assert (tmp_path / "a").read_text() == "before"


def test_a_folder_in_the_place_of_an_old_sidecar_is_refused(tmp_path: Path):
    (tmp_path / "a.keys.json").mkdir()
    with pytest.raises(InputError, match="folder"):
        export_embedding(Embedding(np.ones((1, 2), np.float32), ["plain"]), "word2vec", tmp_path / "a")
    assert [file.name for file in tmp_path.iterdir()] == ["a.keys.json"]


def test_a_download_is_one_file(embedding: Embedding, tmp_path: Path):
    single = export_download(embedding, "parquet", tmp_path, "../My run")
    assert single == tmp_path / "My-run.parquet"
    archive = export_download(embedding, "kv", tmp_path, "My run")
    with zipfile.ZipFile(archive) as opened:
        assert opened.namelist() == ["My-run.kv", "My-run.kv.vectors.npy"]
        opened.extractall(tmp_path / "out")
    assert KeyedVectors.load(str(tmp_path / "out" / "My-run.kv")).index_to_key == KEYS
    assert {file.name for file in tmp_path.iterdir()} == {"My-run.parquet", "My-run.zip", "out"}


@pytest.mark.parametrize(
    "name",
    ["", "..", "/", "🙂", "a/../b", "x" * 500, "C:\\x"],
    ids=["empty", "parent", "root", "emoji", "inner-parent", "long", "drive"],
)
def test_a_file_is_never_named_by_a_path(name: str):
    stem = file_stem(name)
    assert stem
    assert len(stem) <= 60
    assert not set(stem) & set("/\\.: ")
