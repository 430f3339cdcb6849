"""Export of an embedding: all formats by name, written atomically."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError
from embedlab.core.files import check_output
from embedlab.core.key_escaping import sidecar_path
from embedlab.export import tables, vector_files
from embedlab.export.staging import staged_export

Coordinates = npt.NDArray[Any]


@dataclass(frozen=True)
class Format:
    """Title and file extension of an export format, and one plain sentence about its purpose."""

    title: str
    suffix: str
    note: str
    write: Callable[[Embedding, Path, Coordinates | None], None]


def _without_coordinates(
    write: Callable[[Embedding, Path], None],
) -> Callable[[Embedding, Path, Coordinates | None], None]:
    return lambda embedding, out, _: write(embedding, out)


FORMATS: Mapping[str, Format] = {
    "word2vec": Format(
        "word2vec text",
        ".txt",
        "Vectors as text, for nearly every library. Keys with spaces are escaped; a small file restores them.",
        _without_coordinates(vector_files.write_word2vec_text),
    ),
    "word2vec-binary": Format(
        "word2vec binary",
        ".bin",
        "The same as word2vec text, smaller and faster to read.",
        _without_coordinates(vector_files.write_word2vec_binary),
    ),
    "kv": Format(
        "gensim KeyedVectors",
        ".kv",
        "For KeyedVectors.load(..., mmap='r') in gensim; a pickle, so open it only if you trust its source.",
        _without_coordinates(vector_files.write_keyed_vectors),
    ),
    "tsv": Format(
        "TSV pair",
        ".tsv",
        "Vectors and metadata for the Embedding Projector.",
        _without_coordinates(tables.write_tsv_pair),
    ),
    "parquet": Format(
        "Parquet",
        ".parquet",
        "Keys, labels, coordinates, metadata and vectors in one table for pandas, Polars or DuckDB.",
        tables.write_parquet,
    ),
    "csv": Format(
        "CSV",
        ".csv",
        "Keys, labels, coordinates, metadata and vectors for a spreadsheet; text that looks like a formula is escaped.",
        tables.write_csv,
    ),
}


def export_format(name: str) -> Format:
    """Return the format `name`; raises `NotFoundError`, which lists the known names."""
    try:
        return FORMATS[name]
    except KeyError:
        raise NotFoundError(
            "There is no such export format.", received=name, remedy=f"Formats: {', '.join(FORMATS)}."
        ) from None


def export_embedding(
    embedding: Embedding,
    format: str,  # noqa: A002
    out: Path,
    *,
    coordinates: Coordinates | None = None,
) -> list[Path]:
    """Write an embedding in one of `FORMATS`.

    Parameters
    ----------
    format
        A name of `FORMATS`.
    out
        The file to write; names of additional files start with its name. Existing files are replaced.
    coordinates
        `(n_keys, 1 to 3)`; only tables (`parquet`, `csv`) include them.

    Returns
    -------
    The files written, `out` first.

    Raises
    ------
    NotFoundError
        There is no such format.
    InputError
        `out` is a folder, a link or a device, or the coordinates do not match.
    StorageError
        The disk is full or the folder cannot be written.
    """
    chosen = export_format(format)
    check_output(sidecar_path(out))
    with staged_export(out) as (path, written):
        chosen.write(embedding, path, coordinates)
    vector_files.drop_stale_sidecar(out, written)
    return written
