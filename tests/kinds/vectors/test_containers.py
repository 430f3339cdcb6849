"""Binary files of other programs: the vectors that went in come out, and nothing in them runs or leads elsewhere."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile

import h5py
import numpy as np
import pytest
from safetensors.numpy import save_file

from embedlab.core.errors import InputError, TooLargeError, UnsureError
from embedlab.core.kind import Kind
from embedlab.kinds.sniffing import sniff
from embedlab.kinds.vectors.importing import VectorsOptions, import_vectors, read_vectors
from embedlab.reading.sources import Limits

N, SIZE = 9, 5
WORDS = ["</s>", *(f"word{row}" for row in range(1, N - 1)), "größe"]
VECTORS = np.random.default_rng(3).normal(size=(N, SIZE)).astype(np.float32)
NUMBERED = [str(row) for row in range(N)]


def npy(array, *, allow_pickle=False):
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=allow_pickle)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("arrays", "keys"),
    [
        ({"words": np.array(WORDS), "vectors": VECTORS}, WORDS),
        ({"vectors": VECTORS}, NUMBERED),
        ({"v": VECTORS, "names": np.array([word.encode() for word in WORDS])}, WORDS),
        ({"embeddings": VECTORS, "other": np.ones((3, 3)), "words": np.array(WORDS)}, WORDS),
    ],
    ids=["words", "no-names", "bytes", "second-table"],
)
def test_npz(tmp_path, arrays, keys):
    path = tmp_path / "v"
    with path.open("wb") as stream:
        np.savez_compressed(stream, **arrays)
    assert sniff(path, Limits()).kind == Kind.VECTORS
    embedding = read_vectors(path)
    assert list(embedding.keys) == keys
    assert np.array_equal(embedding.vectors, VECTORS)


def test_npz_with_several_tables_asks_which(tmp_path):
    path = tmp_path / "v.npz"
    np.savez(path, a=VECTORS, b=2 * VECTORS)
    with pytest.raises(UnsureError, match="--array b"):
        read_vectors(path)
    assert np.array_equal(read_vectors(path, options=VectorsOptions(array="b")).vectors, 2 * VECTORS)


def test_npz_with_pickled_names_is_refused(tmp_path):
    path = tmp_path / "v.npz"
    np.savez(path, words=np.array(WORDS, dtype=object), vectors=VECTORS)
    with pytest.raises(InputError, match=r"pickle.*dtype=str"):
        read_vectors(path)


def test_npz_that_unpacks_to_too_much_is_refused(tmp_path):
    path = tmp_path / "v.npz"
    np.savez_compressed(path, vectors=np.zeros((2000, 1000), np.float32))
    with pytest.raises(TooLargeError):
        read_vectors(path, limits=Limits(max_unpacked_bytes=1 << 20))


def test_safetensors(tmp_path):
    path = tmp_path / "v"
    save_file({"embed.weight": VECTORS.astype(np.float64), "bias": VECTORS[0]}, path)
    assert sniff(path, Limits()).kind == Kind.VECTORS
    read = import_vectors(path)
    assert np.array_equal(read.embedding.vectors, VECTORS)
    assert list(read.embedding.keys) == NUMBERED
    assert read.read.columns["vector"] == ["embed.weight"]
    names = tmp_path / "names"
    names.write_text("".join(f"{word}\n" for word in WORDS), encoding="utf-8")
    assert list(read_vectors(path, metadata_path=names).keys) == WORDS


def safetensors(header, data=b""):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_safetensors_of_bfloat16(tmp_path):
    values = np.array([[1.0, -2.5], [0.15625, 3.0]], np.float32)
    halves = (values.view(np.uint32) >> 16).astype("<u2").tobytes()
    path = tmp_path / "v"
    path.write_bytes(safetensors({"w": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}}, halves))
    assert np.array_equal(read_vectors(path).vectors, values)


@pytest.mark.parametrize(
    "content",
    [
        safetensors({"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16000]}}, b"\0" * 16),
        safetensors({"w": {"dtype": "F32", "shape": [2**40, 2], "data_offsets": [0, 16]}}, b"\0" * 16),
        safetensors({"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [16, 0]}}, b"\0" * 16),
        safetensors({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}, b"\0" * 16),
        struct.pack("<Q", 90_000_000) + b'{"w": 1}',
        struct.pack("<Q", 10_000) + b"{" * 10_000,
    ],
    ids=["beyond-the-end", "huge-shape", "reversed", "one-dimension", "lying-length", "nested"],
)
def test_hostile_safetensors_are_refused(tmp_path, content):
    path = tmp_path / "v"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_vectors(path)


def test_keras_weights(tmp_path):
    path = tmp_path / "v"
    with h5py.File(path, "w") as file:
        file["model_weights/embedding/embedding/embeddings:0"] = VECTORS
        file["model_weights/dense/dense/kernel:0"] = np.ones((SIZE, 3), np.float32)
        file["optimizer_weights/adam/embedding/m:0"] = np.zeros((N, SIZE), np.float32)
    assert sniff(path, Limits()).kind == Kind.VECTORS
    assert np.array_equal(read_vectors(path).vectors, VECTORS)
    assert read_vectors(path, options=VectorsOptions(array="model_weights/dense/dense/kernel:0")).n_keys == SIZE


def test_keras_archive(tmp_path):
    path = tmp_path / "v.keras"
    with h5py.File(tmp_path / "w", "w") as file:
        file["layers/embedding/vars/0"] = VECTORS
        file["layers/dense/vars/0"] = np.ones((SIZE, 3), np.float32)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps({"layers": "x" * 100_000}))
        archive.write(tmp_path / "w", "model.weights.h5")
    assert sniff(path, Limits()).kind == Kind.VECTORS
    assert np.array_equal(read_vectors(path).vectors, VECTORS)


def test_links_to_other_files_are_not_followed(tmp_path):
    with h5py.File(tmp_path / "secret", "w") as file:
        file["embedding"] = VECTORS
    VECTORS.tofile(tmp_path / "raw")
    path = tmp_path / "v"
    with h5py.File(path, "w") as file:
        file["embedding"] = h5py.ExternalLink(str(tmp_path / "secret"), "embedding")
        file["embedding_soft"] = h5py.SoftLink("/embedding")
        layout = h5py.VirtualLayout((N, SIZE), np.float32)
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret"), "embedding", (N, SIZE))
        file.create_virtual_dataset("embedding_virtual", layout)
        file.create_dataset(
            "embedding_raw", (N, SIZE), np.float32, external=[(str(tmp_path / "raw"), 0, VECTORS.nbytes)]
        )
        group = file.create_group("group")
        group["again"] = group
    with pytest.raises(InputError, match="no table of vectors"):
        read_vectors(path)


def test_damaged_and_huge_hdf5_are_refused(tmp_path):
    path = tmp_path / "v"
    with h5py.File(path, "w") as file:
        file.create_dataset("embedding", (10_000_000, 9_000), np.float32, chunks=(10, 9_000), compression="gzip")
    with pytest.raises(TooLargeError, match="4 GiB"):
        read_vectors(path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(InputError, match="HDF5"):
        read_vectors(path)


def fasttext(rows, words=WORDS, *, buckets=0, longest=0, magic=793712314, version=12, quantized=False, n_rows=None):
    """Return a model as `FastText::saveModel` writes it."""
    head = struct.pack("<2i", magic, version)
    head += struct.pack("<12i", SIZE, 5, 5, 1, 5, 1, 1, 2, buckets, 3 if longest else 0, longest, 100)
    head += struct.pack("<d", 1e-4) + struct.pack("<3i2q", len(words), len(words), 0, 1000, -1)
    entries = b"".join(word.encode() + b"\0" + struct.pack("<qb", 5, 0) for word in words)
    matrix = (
        struct.pack("<?2q", quantized, len(rows) if n_rows is None else n_rows, SIZE) + rows.astype("<f4").tobytes()
    )
    return head + entries + matrix + struct.pack("<?2q", False, 0, 0)


def hash_of(ngram):
    """Return fastText's FNV-1a hash, whose bytes are signed."""
    value = 2166136261
    for byte in ngram.encode():
        value = ((value ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16777619) & 0xFFFFFFFF
    return value


def test_fasttext_without_subwords(tmp_path):
    path = tmp_path / "v"
    path.write_bytes(fasttext(VECTORS))
    assert sniff(path, Limits()).kind == Kind.VECTORS
    embedding = read_vectors(path)
    assert list(embedding.keys) == WORDS
    assert np.array_equal(embedding.vectors, VECTORS)


def test_fasttext_averages_subwords_and_names_those_left_out(tmp_path):
    buckets = 50
    rows = np.random.default_rng(4).normal(size=(N + buckets, SIZE)).astype(np.float32)
    path = tmp_path / "v"
    path.write_bytes(fasttext(rows, buckets=buckets, longest=4))
    read = import_vectors(path)
    for row, word in enumerate(WORDS):
        text = f"<{word}>"
        ngrams = [text[start : start + n] for start in range(len(text)) for n in (3, 4) if start + n <= len(text)]
        places = [row] if word == "</s>" else [row, *(N + hash_of(ngram) % buckets for ngram in ngrams)]
        assert np.allclose(read.embedding.vectors[row], rows[places].mean(axis=0), atol=1e-5)
    (counted,) = read.changes.as_details()["left_out"].values()
    assert counted["count"] == buckets


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (fasttext(VECTORS, version=11), "version"),
        (fasttext(VECTORS, quantized=True), "Quantized"),
        (fasttext(VECTORS, n_rows=2**40), "damaged"),
        (fasttext(VECTORS, buckets=1000, longest=4), "damaged"),
        (fasttext(VECTORS)[:200], "damaged"),
        (fasttext(VECTORS, ["x" * 20_000]), "damaged"),
    ],
    ids=["version", "quantized", "huge", "no-subwords", "cut", "long-word"],
)
def test_hostile_fasttext_is_refused(tmp_path, content, message):
    path = tmp_path / "v"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_vectors(path)


def test_pickles_are_refused_with_how_to_convert(tmp_path):
    path = tmp_path / "v.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps([1]))
        archive.writestr("archive/data/0", VECTORS.tobytes() * 100)
    for content in (None, pickle.dumps({"w": [0.5]})):
        if content is not None:
            path.write_bytes(content)
        for act in (lambda: read_vectors(path), lambda: sniff(path, Limits())):
            with pytest.raises(InputError, match=r"pickle") as caught:
                act()
            assert "safetensors" in caught.value.remedy


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'{"a":' * 100_000, b'{"a": [0.5, 1.5], "b": "x"', b'{"a": 1}', b"[]", b'[["a", [0.5], "b"]]'],
    ids=["deep-lists", "deep-objects", "cut", "no-list", "empty", "mixed"],
)
def test_hostile_json_is_refused(tmp_path, content):
    path = tmp_path / "v"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_vectors(path)


def test_word2vec_binary_with_header_off_by_one_is_read_and_said(tmp_path):
    path = tmp_path / "v"
    rows = b"".join(word.encode() + b" " + row.tobytes() + b"\n" for word, row in zip(WORDS, VECTORS, strict=True))
    for n in (N - 1, N, N + 1):
        path.write_bytes(f"{n} {SIZE}\n".encode() + rows)
        read = import_vectors(path)
        assert list(read.embedding.keys) == WORDS
        assert np.array_equal(read.embedding.vectors, VECTORS)
        assert any("promises" in sentence for sentence in read.read.assumptions) == (n != N)
