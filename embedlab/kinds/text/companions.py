"""The labels file of a text: one label per document, in the same order or by the ids of the documents."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from embedlab.core.errors import InputError, TooLargeError
from embedlab.kinds.companion_match import CompanionMatch, NamedFile, matched
from embedlab.kinds.text.options import TextOptions
from embedlab.kinds.text.preview import PREVIEW_CHARACTERS, TextPreview, preview_text
from embedlab.reading.column_names import bare, holds_by_name
from embedlab.reading.delimited import open_table
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload, TableSample
from embedlab.reading.sources import open_text

_MOST_LABELS: Final = 1000
_LONGEST_LABEL: Final = 60
_MOST_ROWS: Final = 10_000_000
_ID_NAMES: Final = ("id", "docid", "documentid", "textid", "uid", "key", "index")
_LABEL, _TEXT = "label", "text"


def match(main: NamedFile, other: NamedFile) -> CompanionMatch | None:
    """Return the match of a file of labels; raises `InputError` if one of them cannot be read."""
    ids = _id_columns(main.upload.table, other.upload.table)
    if ids is not None:
        labels = _labels_by_id(other.upload, *ids)
        are_labeled = [key in labels for key, _ in _columns(main.upload, ids[0], ids[0])]
        n_documents, n_matched = len(are_labeled), sum(are_labeled)
    else:
        if main.upload.table is not None or not _are_labels(other.upload):
            return None
        n_documents, n_matched = _n_lines(main.upload), _n_lines(other.upload)
        if n_documents != n_matched:
            return None
    if not n_matched:
        return None
    confidence = 0.5 + 0.4 * n_matched / n_documents
    return CompanionMatch(
        "labels", confidence, matched("labels", n_matched, n_documents, "documents"), n_matched, n_documents
    )


@contextmanager
def joined(upload: OpenedUpload, options: TextOptions, labels_path: Path) -> Iterator[tuple[OpenedUpload, TextOptions]]:
    """Provide a text and its labels as one table of texts and labels, and the options to read it.

    The temporary file is deleted when the block ends.

    Raises
    ------
    InputError
        The labels fit neither by the ids nor by the number of documents.
    """
    with _written(upload, options, _pairs(upload, options, labels_path)) as both:
        yield both


def preview_joined(upload: OpenedUpload, options: TextOptions, labels_path: Path) -> TextPreview:
    """Preview a text with the labels of another file; only as much is joined as the preview reads.

    Raises
    ------
    InputError
        As `joined`, except that the number of lines is compared by the import only.
    """
    plain = preview_text(upload, options, upload.limits)
    pairs = _pairs(upload, options, labels_path, compare_lengths=False)
    with _written(upload, options, _first_pairs(pairs)) as (table, of_table):
        labeled = preview_text(table, of_table, upload.limits)
    return replace(plain, documents=labeled.documents, labels=labeled.labels)


def _first_pairs(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    n_characters = 0
    for text, label in pairs:
        yield text, label
        n_characters += len(text)
        if n_characters > PREVIEW_CHARACTERS:
            return


def _pairs(
    upload: OpenedUpload, options: TextOptions, labels_path: Path, *, compare_lengths: bool = True
) -> Iterator[tuple[str, str]]:
    """Return each document with its label."""
    other = OpenedUpload(labels_path, upload.limits)
    ids = _id_columns(upload.table, other.table) if options.is_table else None
    if ids is None and options.layout != Layout.LINES.value:
        raise InputError(
            "The labels file does not fit the text.",
            received=f"layout {options.layout}",
            remedy="Give one document and one label per line, or two tables with the same column of ids.",
        )
    if ids is not None:
        return _by_id(upload, options, other, ids)
    if compare_lengths:
        _refuse_unequal(upload, other)
    return _by_row(upload, options, other)


@contextmanager
def _written(
    upload: OpenedUpload, options: TextOptions, pairs: Iterable[tuple[str, str]]
) -> Iterator[tuple[OpenedUpload, TextOptions]]:
    with TemporaryDirectory(prefix="embedlab-") as folder:
        path = Path(folder) / "joined.jsonl"
        with path.open("w", encoding="utf-8", errors="surrogatepass") as stream:
            for text, label in pairs:
                stream.write(json.dumps({_TEXT: text, _LABEL: label}) + "\n")
        chosen = {"layout": Layout.JSONL.value, "text_column": _TEXT, "label_column": _LABEL, "encoding": "utf-8"}
        yield OpenedUpload(path, upload.limits), options.model_copy(update={**chosen, "member": None})


def _refuse_unequal(upload: OpenedUpload, other: OpenedUpload) -> None:
    n_documents, n_labels = _n_lines(upload), _n_lines(other)
    if n_documents != n_labels:
        raise InputError(
            "The labels file has another number of lines than the text.",
            received=f"{n_documents:,} documents, {n_labels:,} labels",
            remedy="Give one label for each document, in the same order.",
        )


def _by_row(upload: OpenedUpload, options: TextOptions, other: OpenedUpload) -> Iterator[tuple[str, str]]:
    with (
        open_text(upload, options.encoding, upload.limits) as texts,
        open_text(other, other.encoding, other.limits) as labels,
    ):
        yield from ((text.rstrip("\r\n"), label.strip()) for text, label in zip(texts, labels, strict=False))


def _by_id(
    upload: OpenedUpload, options: TextOptions, other: OpenedUpload, ids: tuple[str, str]
) -> Iterator[tuple[str, str]]:
    labels = _labels_by_id(other, *ids)
    text_column = options.text_column
    if text_column is None:
        raise InputError("No text column is chosen.", remedy="Choose the column that holds the text.")
    with open_table(upload, options.table_format, [ids[0], text_column], upload.limits) as table:
        for batch in table.batches():
            for key, text in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
                yield text, labels.get(key.strip(), "")


def _labels_by_id(upload: OpenedUpload, id_column: str, label_column: str) -> dict[str, str]:
    labels: dict[str, str] = {}
    for key, label in _columns(upload, id_column, label_column):
        labels[key] = label
        if len(labels) > _MOST_ROWS:
            raise TooLargeError(f"A labels file may have at most {_MOST_ROWS:,} rows.", received="more")
    return labels


def _columns(upload: OpenedUpload, *names: str) -> Iterator[tuple[str, str]]:
    table = upload.table
    if table is None:
        return
    wanted = list(dict.fromkeys(names))
    with open_table(upload, table.table_format, wanted, upload.limits) as stored:
        for batch in stored.batches():
            cells = [batch.column(wanted.index(name)).to_pylist() for name in names]
            yield from ((key.strip(), value.strip()) for key, value in zip(*cells, strict=True))


def _id_columns(main: TableSample | None, other: TableSample | None) -> tuple[str, str] | None:
    """Return the shared column of ids and the label column of `other`; None if the tables do not belong together."""
    if main is None or other is None or not main.table_format.has_header or not other.table_format.has_header:
        return None
    shared = next((name for name in other.names if bare(name) in _ID_NAMES and name in main.names), None)
    if shared is None or len(other.names) > 5:
        return None
    keys = [row[other.names.index(shared)] for row in other.rows]
    if len(set(keys)) < len(keys):
        return None
    named = [name for name in other.names if name not in main.names]
    label = next((name for name in named if holds_by_name(name) == "label"), named[0] if len(named) == 1 else None)
    return None if label is None else (shared, label)


def _are_labels(upload: OpenedUpload) -> bool:
    """Tell whether each line is one of a few short labels."""
    lines = [line.strip() for line in upload.lines]
    distinct = set(lines)
    most = min(_MOST_LABELS, len(lines) // 2)
    return 2 <= len(distinct) <= most and max(map(len, distinct)) <= _LONGEST_LABEL


def _n_lines(upload: OpenedUpload) -> int:
    """Return the number of lines; blank ones at the end do not count."""
    n_lines = n_last = 0
    with open_text(upload, upload.encoding, upload.limits) as stream:
        for line in stream:
            n_lines += 1
            n_last = n_lines if line.strip() else n_last
    return n_last
