"""Pre-trained vectors become embeddings, whatever program wrote them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, UnsureError
from embedlab.core.key_escaping import read_sidecar, restore_keys
from embedlab.core.kind import Kind
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.kinds.reading_report import Changes, ReadAs
from embedlab.kinds.vectors.arrays import read_npy
from embedlab.kinds.vectors.binary_rows import read_binary_rows
from embedlab.kinds.vectors.containers.fasttext_files import read_fasttext
from embedlab.kinds.vectors.containers.hdf5_files import read_hdf5
from embedlab.kinds.vectors.containers.npz_files import read_npz
from embedlab.kinds.vectors.containers.safetensors_files import read_safetensors
from embedlab.kinds.vectors.detection import HEAD_BYTES, Detected, container_of, detect_format, guess_format
from embedlab.kinds.vectors.finishing import Parts, wanted_only, without_duplicates, without_faults
from embedlab.kinds.vectors.formats import VectorsFormat, read_header
from embedlab.kinds.vectors.json_files import read_json, read_json_lines
from embedlab.kinds.vectors.key_columns import ask_first_number
from embedlab.kinds.vectors.key_encodings import KeyDecoder
from embedlab.kinds.vectors.keyed_rows import KeyedRows
from embedlab.kinds.vectors.metadata_files import Metadata, read_metadata
from embedlab.kinds.vectors.options import VectorsOptions
from embedlab.kinds.vectors.row_faults import RowFaults
from embedlab.kinds.vectors.rows import Tick, Wanted, no_vectors, paced, read_text_rows
from embedlab.kinds.vectors.table_rows import read_table_rows
from embedlab.kinds.vectors.tables import open_vector_table, read_parquet_vectors
from embedlab.reading.sources import Limits, Source, StoredFile, members, open_clean, open_source, read_head

__all__ = ["ReadVectors", "VectorsOptions", "guess_vectors_options", "import_vectors", "read_vectors"]

#: Formats that text readers may stand in for; all others only their own reader can read.
_TEXT_FORMATS = frozenset({"word2vec", "glove", "tsv", "numbers", "table", "json", "jsonl", "word2vec-binary"})


@dataclass(frozen=True)
class ReadVectors:
    """An embedding with how the file was read, and what was left out, merged and converted."""

    embedding: Embedding
    read: ReadAs
    changes: Changes


def guess_vectors_options(
    file: Path | StoredFile, limits: Limits | None = None, member: str | None = None
) -> VectorsOptions:
    """Tell the format of a file of vectors from its content; raises `InputError` when it is none."""
    limits = limits or Limits()
    container = container_of(members(file, limits)) if member is None else None
    if container is not None:
        return VectorsOptions(format=container[0])
    return VectorsOptions(format=guess_format(read_head(file, limits, member, n_bytes=HEAD_BYTES)))


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
    """Read vectors as an embedding; as `import_vectors`, without the account of how."""
    return import_vectors(
        file,
        options=options,
        metadata_path=metadata_path,
        keys_path=keys_path,
        words=words,
        limits=limits,
        report=report,
    ).embedding


def import_vectors(
    file: Path | StoredFile,
    *,
    options: VectorsOptions | None = None,
    metadata_path: Path | None = None,
    keys_path: Path | None = None,
    words: Iterable[str] | None = None,
    limits: Limits | None = None,
    report: ReportProgress = ignore_progress,
) -> ReadVectors:
    """Read vectors as an embedding, with an account of how.

    Parameters
    ----------
    file
        The file, plain or packed.
    options
        How it is read; detected when left out.
    metadata_path
        A second file with a row for each vector: names one a line, or columns separated by tabs, with or without a
        header. A column of different names holds the keys; where there is none, as with classes, rows are numbered
        from 0. A sidecar of keys is also recognized here.
    keys_path
        The `.keys.json` that an export wrote beside the file, to bring back keys with spaces.
    words
        Keep only the vectors whose key, or whose key in lower case, is one of these (the words of `options.words_of`);
        others are read and checked, but never held together in memory where the format allows that.
    limits
        Bounds on what is opened.
    report
        Called with how far the reading is.

    Raises
    ------
    UnsureError
        The file can be read in several ways, and its content does not tell which is right.
    InputError
        The file is empty, damaged, holds a pickle, has too many rows that cannot be used, or holds none of `words`.
    TooLargeError
        The vectors are above the stated bounds.
    """
    options, limits = options or VectorsOptions(), limits or Limits()
    if metadata_path is not None and _is_json(StoredFile.of(metadata_path, limits), limits):
        metadata_path, keys_path = None, metadata_path
    wanted = None if words is None else _wanted(words)
    changes = Changes()
    # Where the names come from a second file, rows can be left out only when both have been read.
    rows = _read_rows(
        StoredFile.of(file, limits), options, limits, report, wanted if metadata_path is None else None, changes
    )
    said, columns = list(rows.assumptions), dict(rows.columns)
    keys, labels, metadata = list(rows.keys), list(rows.labels), rows.metadata
    if not metadata.shape[1]:
        metadata = pd.DataFrame(index=range(len(rows.vectors)))
    if metadata_path is not None:
        beside = _beside(metadata_path, rows, options, limits)
        said += beside.assumptions
        columns = {**columns, "metadata": [*columns.get("metadata", []), *map(str, beside.table.columns)]}
        if not keys and beside.key_name is not None:
            columns["key"] = [beside.key_name]
        labels = list(beside.labels or (beside.keys if keys else labels))
        keys = keys or list(beside.keys)
        metadata = _joined(metadata, beside.table)
    if not keys:
        keys = [str(row) for row in (range(rows.n_read) if rows.positions is None else rows.positions)]
        columns["key"] = []
        if not any("numbered" in each for each in said):
            said.append("The file has no names: rows are numbered from 0.")
    if keys_path is not None:
        originals = read_sidecar(keys_path)
        keys, labels = restore_keys(keys, originals), restore_keys(labels, originals)
    parts = Parts(rows.vectors, keys, labels, metadata)
    parts = without_faults(parts, changes, rows.n_read - len(rows.vectors) if rows.positions is not None else 0)
    parts = without_duplicates(wanted_only(parts, wanted), options.duplicates, changes)
    report(1.0, "reading")
    embedding = Embedding.checked(parts.vectors, parts.keys, parts.labels, parts.metadata)
    read = ReadAs(
        Kind.VECTORS, rows.layout, rows.separator, rows.has_header, rows.encoding, columns, list(dict.fromkeys(said))
    )
    return ReadVectors(embedding, read, changes)


def _wanted(words: Iterable[str]) -> Wanted:
    known = frozenset(words)
    return lambda key: key in known or key.lower() in known


def _beside(path: Path, rows: KeyedRows, options: VectorsOptions, limits: Limits) -> Metadata:
    """Read the second file, and leave out its rows of vectors that were left out."""

    def read(chosen: VectorsOptions) -> Metadata:
        return read_metadata(
            path,
            n_rows=rows.n_in_file,
            n_read=rows.n_read,
            limits=limits,
            encoding=chosen.encoding,
            keys=chosen.keys,
            key_column=None if rows.keys else chosen.key_column,
        )

    try:
        found = read(options)
    except UnsureError:
        if not rows.keys:
            raise
        # The keys are in the first file, so that a column of the second one is a column.
        found = read(options.model_copy(update={"keys": "numbered"}))
    if rows.positions is None:
        return found
    kept = list(rows.positions)
    return replace(
        found,
        keys=[found.keys[row] for row in kept] if found.keys else [],
        labels=[found.labels[row] for row in kept] if found.labels else [],
        table=found.table.iloc[kept].reset_index(drop=True),
    )


def _joined(own: pd.DataFrame, beside: pd.DataFrame) -> pd.DataFrame:
    if not own.shape[1]:
        return beside
    return pd.concat([own, beside.drop(columns=[name for name in beside if name in own])], axis=1)


def _read_rows(
    path: StoredFile,
    options: VectorsOptions,
    limits: Limits,
    report: ReportProgress,
    wanted: Wanted | None,
    changes: Changes,
) -> KeyedRows:
    files = members(path, limits)
    container = container_of(files) if options.member is None else None
    if container is not None:
        form, member = container
        options = options.model_copy(update={"member": member})
        detected = Detected(form)
    else:
        detected = detect_format(read_head(path, limits, options.member, HEAD_BYTES), options)
    _check_chosen(options.format, detected.format)
    report(0.0, "reading")
    tick = paced(lambda: report(0.5, "reading"))
    match detected.format:
        case "parquet":
            return _read_parquet(path, options, limits, tick)
        case "npz":
            return read_npz(path, files, options, limits, tick)
        case "safetensors":
            return read_safetensors(path, options, limits, tick)
        case "hdf5":
            return read_hdf5(path, options, limits, tick)
        case "fasttext-binary":
            decoder = KeyDecoder(options.encoding or "utf-8", changes, is_binary=True)
            return read_fasttext(path, options, limits, decoder=decoder, changes=changes, tick=tick, wanted=wanted)
        case _:
            return _read_stream(path, detected, options, limits, report, wanted, changes)


def _check_chosen(chosen: VectorsFormat | None, found: VectorsFormat) -> None:
    if chosen is not None and chosen != found and not {chosen, found} <= _TEXT_FORMATS:
        raise InputError(
            "The file is not in the chosen format.",
            received=f"chosen {chosen}, the content is {found}",
            remedy="Let the format be detected from the content.",
        )


def _read_parquet(path: StoredFile, options: VectorsOptions, limits: Limits, tick: Tick) -> KeyedRows:
    with open_vector_table(path, limits, options.member) as stored:
        return read_parquet_vectors(
            stored,
            key_column=options.key_column,
            vector_column=options.vector_column,
            first=options.first,
            numbered=options.keys == "numbered",
            tick=tick,
        )


def _read_stream(
    path: StoredFile,
    detected: Detected,
    options: VectorsOptions,
    limits: Limits,
    report: ReportProgress,
    wanted: Wanted | None,
    changes: Changes,
) -> KeyedRows:
    encoding = detected.encoding
    with ExitStack() as stack:
        # Where characters have several bytes, spaces and line ends are found after decoding.
        is_wide = encoding is not None and encoding.is_wide
        source = stack.enter_context(
            open_clean(path, encoding.name, limits, options.member)
            if encoding is not None and is_wide
            else open_source(path, limits, options.member)
        )
        tick = paced(lambda: report(0.99 * source.share_read, "reading"))
        if encoding is None:
            return _read_binary(source, detected, options, tick, wanted, changes)
        decoder = KeyDecoder("utf-8" if is_wide else encoding.name, changes)
        rows = _read_text(source, detected, options, decoder, tick, wanted, changes)
        n_repaired = getattr(source, "n_repaired", 0)
    if n_repaired:
        changes.convert(f"characters that are not valid {encoding.name}, replaced", "\ufffd", n_repaired)
    said = [encoding.assumption] if encoding.assumption else []
    return replace(rows, encoding=encoding.name, assumptions=[*said, *rows.assumptions])


def _read_binary(
    source: Source,
    detected: Detected,
    options: VectorsOptions,
    tick: Tick,
    wanted: Wanted | None,
    changes: Changes,
) -> KeyedRows:
    if detected.format == "npy":
        vectors, n_rows = read_npy(source, options.first, tick)
        return KeyedRows([], vectors, n_in_file=n_rows, layout="npy")
    header = read_header(source.peek(64))
    if header is None:
        raise no_vectors()
    source.read(header.n_bytes)
    decoder = KeyDecoder(options.encoding or "utf-8", changes, is_binary=True)
    return read_binary_rows(source, header, options.first, tick, wanted, decoder=decoder)


def _read_text(
    source: BinaryIO,
    detected: Detected,
    options: VectorsOptions,
    decoder: KeyDecoder,
    tick: Tick,
    wanted: Wanted | None,
    changes: Changes,
) -> KeyedRows:
    faults = RowFaults(changes)
    if detected.format == "json":
        return read_json(source, options, faults=faults, tick=tick)
    if detected.format == "jsonl":
        return read_json_lines(source, options, faults=faults, tick=tick)
    shape = detected.shape
    if shape is None:
        raise no_vectors()
    if not shape.is_sure and options.keys is None:
        raise ask_first_number(shape.sample)
    if shape.rows == "table":
        rows = read_table_rows(source, shape, options, decoder=decoder, faults=faults, tick=tick)
    else:
        rows = read_text_rows(
            source,
            shape,
            decoder=decoder,
            faults=faults,
            changes=changes,
            first=options.first,
            tick=tick,
            wanted=wanted,
        )
    said = [*shape.assumptions, *rows.assumptions]
    if shape.n_comments:
        said.append(f"{shape.n_comments:,} lines of comments at the start were skipped.")
    if shape.decimal_comma:
        said.append("Numbers are written with a decimal comma.")
        example = next((cell for cell in shape.sample[0][::-1] if "," in cell), "0,5") if shape.sample else "0,5"
        changes.convert("rows with a decimal comma", example, len(rows.vectors))
    return replace(
        rows,
        layout=detected.format,
        separator=shape.separator or " ",
        has_header=shape.announced is not None or shape.has_names,
        columns=rows.columns or {"key": ["0"] if shape.rows == "keyed" else [], "vector": [], "metadata": []},
        assumptions=said,
    )


def _is_json(path: StoredFile, limits: Limits) -> bool:
    return read_head(path, limits, n_bytes=64).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")
