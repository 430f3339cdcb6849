"""Vectors in the formats of word2vec and gensim."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.core.key_escaping import escape_keys, sidecar_path, write_sidecar
from embedlab.export.columns import number_lines

_ROWS_PER_BLOCK = 5_000


def blocks(n_rows: int) -> Iterator[slice]:
    """Yield consecutive slices of rows, so that only a part of a large embedding is in memory as text."""
    for start in range(0, n_rows, _ROWS_PER_BLOCK):
        yield slice(start, min(start + _ROWS_PER_BLOCK, n_rows))


def write_word2vec_text(embedding: Embedding, out: Path) -> None:
    """Write the text format of the original word2vec tool, and `<out>.keys.json` where keys had to be escaped."""
    keys, _ = escape_keys(embedding.keys)
    with out.open("wb") as stream:
        stream.write(f"{embedding.n_keys} {embedding.vector_size}\n".encode())
        for block in blocks(embedding.n_keys):
            stream.write(number_lines(np.asarray(embedding.vectors[block]), " ", keys[block]))
    write_sidecar(out, embedding.keys)


def write_word2vec_binary(embedding: Embedding, out: Path) -> None:
    """Write the binary format of the original word2vec tool, and `<out>.keys.json` where keys had to be escaped."""
    keys, _ = escape_keys(embedding.keys)
    with out.open("wb") as stream:
        stream.write(f"{embedding.n_keys} {embedding.vector_size}\n".encode())
        for key, vector in zip(keys, embedding.vectors, strict=True):
            stream.write(f"{key} ".encode() + np.asarray(vector, dtype="<f4").tobytes() + b"\n")
    write_sidecar(out, embedding.keys)


def write_keyed_vectors(embedding: Embedding, out: Path) -> None:
    """Write gensim's own format, with the vectors in a separate `.npy` file that gensim can memory-map.

    The format is a pickle: EmbedLab writes it but never reads it.
    """
    from gensim.models import KeyedVectors

    keyed = KeyedVectors(embedding.vector_size, dtype=np.float32)
    keyed.vectors = np.ascontiguousarray(embedding.vectors)
    keyed.index_to_key = list(embedding.keys)
    keyed.key_to_index = dict(embedding.key_to_index)
    if COUNT_COLUMN in embedding.metadata:
        keyed.expandos[COUNT_COLUMN] = embedding.metadata[COUNT_COLUMN].fillna(0).to_numpy(dtype=np.int64)
    keyed.save(str(out), separately=["vectors"])


def drop_stale_sidecar(out: Path, written: list[Path]) -> None:
    """Remove the sidecar of an earlier export to the same path: it would restore keys of other vectors."""
    sidecar = sidecar_path(out)
    if sidecar not in written:
        sidecar.unlink(missing_ok=True)
