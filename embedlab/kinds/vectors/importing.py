"""Pre-trained vectors become embeddings: word2vec, fastText and GloVe, TSV pairs, NumPy arrays, Parquet tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TextIO

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from embedlab.core.embedding import KEY_COLUMN, LABEL_COLUMN, Embedding, Vectors
from embedlab.core.errors import InputError, TooLargeError
from embedlab.core.key_escaping import read_sidecar, restore_keys
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.kinds.vectors.arrays import read_npy
from embedlab.kinds.vectors.formats import VectorsFormat, guess_format, read_header
from embedlab.kinds.vectors.rows import Wanted, none_wanted, paced, read_binary_rows, read_text_rows
from embedlab.kinds.vectors.tables import KeyedRows, open_vector_table, read_parquet_vectors
from embedlab.reading.sources import Limits, StoredFile, open_source, open_text, read_head

_HEAD_BYTES = 1 << 20
_MOST_METADATA_COLUMNS = 1000
#: Formats that only their own reader can read, whatever the options say.
_BINARY_FORMATS = {"npy", "parquet"}


class VectorsOptions(BaseModel):
    """How a file of vectors is read; what is left out is told from its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: VectorsFormat | None = Field(None, description="The format; left out: told from the content.")
    duplicates: Literal["refuse", "first"] = Field(
        "refuse", description="What to do when a key occurs twice: refuse the file, or keep the first."
    )
    first: int | None = Field(None, ge=1, description="Read only so many vectors from the start of the file.")
    words_of: str | None = Field(
        None, max_length=200, description="Id of a text dataset: keep only vectors of its words, in any case."
    )
    member: str | None = Field(None, description="Which file of a zip archive; the largest when left out.")
    key_column: str | None = Field(
        None, max_length=1000, description="Parquet: the column of the keys; left out: told from names and types."
    )
    vector_column: str | None = Field(
        None, max_length=1000, description="Parquet: the column of lists; left out: told, or a column a dimension."
    )


def guess_vectors_options(file: Path | StoredFile, limits: Limits | None = None) -> VectorsOptions:
    """Tell the format of a file of vectors from its content; raises `InputError` when it is none."""
    return VectorsOptions(format=guess_format(read_head(file, limits or Limits(), n_bytes=_HEAD_BYTES)))


def read_vectors(
    file: Path | StoredFile,
    *,
    options: VectorsOptions | None = None,
    metadata_path: Path | None = None,
    keys_path: Path | None = None,
    words: Iterable[str] | None = None,
    limits: Limits | None = None,
    report: ReportProgress = ignore_progress,
) -> Embedding:
    """Read vectors as an embedding.

    Parameters
    ----------
    file
        The file, plain or packed.
    options
        How it is read; guessed when left out.
    metadata_path
        The second file of the Embedding Projector's pair: one row a vector; its first line names the columns when
        there are two or more. The first column (or that called `key`) holds the keys. Other formats may have it too.
        For NumPy arrays simply the names, one a line. A sidecar of keys is also recognized here.
    keys_path
        The `.keys.json` that an export wrote beside the file, to bring back keys with spaces.
    words
        Keep only the vectors whose key, or whose key in lower case, is one of these (the words of `options.words_of`);
        others are read and checked, but never held together in memory.
    limits
        Bounds on what is opened.
    report
        Told how far the reading is.

    Raises
    ------
    InputError
        The file is empty, damaged, holds a pickle or NaN, has rows of different length (with the row's number), lacks
        the metadata that holds its keys, names a key twice, or holds none of `words`.
    TooLargeError
        The vectors are above the stated bounds.
    """
    options, limits = options or VectorsOptions(), limits or Limits()
    if metadata_path is not None and _is_json(metadata_path, limits):
        metadata_path, keys_path = None, metadata_path
    wanted = None if words is None else _wanted(words)
    # Where the names come from a second file, rows can be left out only when both have been read.
    rows = _read_rows(file, options, limits, report, wanted if metadata_path is None else None)
    keys, vectors, labels, metadata = rows.keys, rows.vectors, rows.labels, rows.metadata
    if metadata_path is not None:
        cut = options.first == len(vectors)
        keys, labels, metadata = _read_metadata(metadata_path, len(vectors), keys, limits, only_first=cut)
    elif not keys:
        raise InputError(
            "The vectors have no names.",
            received=f"{len(vectors):,} vectors",
            remedy="Bring a second file with the names too, one a line (metadata.tsv of the projector's pair).",
        )
    if keys_path is not None:
        originals = read_sidecar(keys_path)
        keys, labels = restore_keys(keys, originals), restore_keys(labels, originals)
    twice = pd.Series(keys).duplicated().tolist() if options.duplicates == "first" else [False] * len(keys)
    kept = [row for row, key in enumerate(keys) if not twice[row] and (wanted is None or wanted(key))]
    if not kept:
        raise none_wanted(len(keys))
    if len(kept) < len(keys):
        vectors, keys = vectors[kept], [keys[row] for row in kept]
        labels = [labels[row] for row in kept] if labels else []
        metadata = metadata.iloc[kept].reset_index(drop=True)
    report(1.0, "reading")
    return Embedding.checked(vectors, keys, labels, metadata)


def _wanted(words: Iterable[str]) -> Wanted:
    known = frozenset(words)
    return lambda key: key in known or key.lower() in known


def _read_rows(
    file: Path | StoredFile, options: VectorsOptions, limits: Limits, report: ReportProgress, wanted: Wanted | None
) -> KeyedRows:
    head = read_head(file, limits, options.member, _HEAD_BYTES)
    guessed = guess_format(head)  # refuses pickles whatever the options say
    form = options.format or guessed
    if form != guessed and {form, guessed} & _BINARY_FORMATS:
        raise InputError(
            "The file is not in the chosen format.",
            received=f"chosen {form}, the content is {guessed}",
            remedy="Let the format be told from the content.",
        )
    if form == "parquet":
        return _read_table(file, options, limits, report)
    keys, vectors = _read_stream(file, form, head, options, limits, report, wanted)
    return KeyedRows(keys, vectors, [], pd.DataFrame(index=range(len(vectors))))


def _read_table(file: Path | StoredFile, options: VectorsOptions, limits: Limits, report: ReportProgress) -> KeyedRows:
    report(0.0, "reading")
    with open_vector_table(file, limits, options.member) as stored:
        return read_parquet_vectors(
            stored,
            key_column=options.key_column,
            vector_column=options.vector_column,
            first=options.first,
            tick=paced(lambda: report(0.5, "reading")),
        )


def _read_stream(
    file: Path | StoredFile,
    form: VectorsFormat,
    head: bytes,
    options: VectorsOptions,
    limits: Limits,
    report: ReportProgress,
    wanted: Wanted | None,
) -> tuple[list[str], Vectors]:
    header = read_header(head) if form.startswith("word2vec") else None
    if header is None and form.startswith("word2vec"):
        raise InputError(
            "A word2vec file begins with a line of two numbers: how many keys, and how many numbers each.",
            received=head[:80].decode("utf-8", "replace"),
            remedy="Choose another format.",
        )
    with open_source(file, limits, options.member) as source:
        tick = paced(lambda: report(0.99 * source.share_read, "reading"))
        if form == "npy":
            return [], read_npy(source, options.first, tick)
        if form == "word2vec-binary" and header is not None:
            source.read(header.n_bytes)
            return read_binary_rows(source, header, options.first, tick, wanted)
        return read_text_rows(
            source, has_keys=form != "tsv", header=header, first=options.first, tick=tick, wanted=wanted
        )


def _read_metadata(
    path: Path, n_rows: int, keys: list[str], limits: Limits, *, only_first: bool
) -> tuple[list[str], list[str], pd.DataFrame]:
    with open_text(path, "utf-8", limits) as stream:
        lines = _metadata_lines(stream, n_rows + 2)
    rows = [line.split("\t") for line in lines]
    names = rows.pop(0) if rows and len(rows[0]) > 1 else [KEY_COLUMN]
    if len(names) > _MOST_METADATA_COLUMNS:
        raise TooLargeError(
            f"The metadata has more than {_MOST_METADATA_COLUMNS:,} columns.",
            received=len(names),
            remedy="Keep the columns worth showing.",
        )
    if only_first:
        del rows[n_rows:]
    if len(rows) != n_rows:
        raise InputError(
            "The metadata has another number of rows than there are vectors.",
            received=f"{n_rows:,} vectors, {len(rows):,}{' or more' if len(rows) > n_rows else ''} rows",
            remedy="A file of one column has no header; one of several columns has one.",
        )
    uneven = next((number for number, row in enumerate(rows, start=1) if len(row) != len(names)), None)
    if uneven is not None:
        raise InputError(
            "A row of the metadata has another number of columns than the first.",
            received=f"row {uneven:,} has {len(rows[uneven - 1]):,}, expected {len(names):,}",
            remedy="Remove tabs inside names.",
        )
    if len(set(names)) != len(names):
        raise InputError(
            "Two columns of the metadata have the same name.", received=names, remedy="Rename one of them."
        )
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    own = columns.pop(KEY_COLUMN if KEY_COLUMN in columns else names[0])
    labels = columns.pop(LABEL_COLUMN, [])
    columns.pop(KEY_COLUMN, None)
    return keys or own, labels or (own if keys else []), pd.DataFrame(columns, index=range(n_rows)).apply(_typed)


def _metadata_lines(stream: TextIO, most: int) -> list[str]:
    lines: list[str] = []
    while len(lines) < most and (line := stream.readline(1 << 20)):
        if line.rstrip("\r\n"):
            lines.append(line.rstrip("\r\n"))
    return lines


def _typed(column: pd.Series[str]) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers if numbers.notna().eq(column.str.strip() != "").all() and numbers.notna().any() else column


def _is_json(path: Path, limits: Limits) -> bool:
    return read_head(path, limits, n_bytes=64).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")
