"""Embeddings as tables: Parquet, CSV for spreadsheets, and the TSV pair for the Embedding Projector."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from embedlab.core.embedding import KEY_COLUMN, LABEL_COLUMN, Embedding
from embedlab.core.files import write_json
from embedlab.core.key_escaping import sidecar_path
from embedlab.core.plain import spreadsheet_safe
from embedlab.export.columns import (
    VECTOR_COLUMN,
    Column,
    as_text,
    columns,
    has_labels,
    is_text,
    metadata_columns,
    number_lines,
)
from embedlab.export.vector_files import blocks

# All characters that some reader interprets as the end of a cell or line.
_CELL_END = re.compile(r"[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def write_parquet(embedding: Embedding, out: Path, coordinates: npt.NDArray[Any] | None = None) -> None:
    """Write key, label, coordinates (x, y, z), metadata, and `vector` as a list of float32."""
    named = columns(embedding, coordinates)
    flat = pa.array(np.ascontiguousarray(embedding.vectors).reshape(-1))
    named[VECTOR_COLUMN] = pa.FixedSizeListArray.from_arrays(flat, embedding.vector_size)
    pyarrow.parquet.write_table(pa.table(named), out, compression="zstd")


def write_csv(
    embedding: Embedding, out: Path, coordinates: npt.NDArray[Any] | None = None, *, with_vectors: bool = True
) -> None:
    """Write key, label, coordinates (x, y, z), metadata, and the vector as `vector_0`, `vector_1` ...

    Text that a spreadsheet would evaluate as a formula gets a leading apostrophe; numbers are unchanged. All text is
    quoted, so that no other separator can split it.
    """
    _write_csv(embedding, str(out), coordinates, with_vectors=with_vectors)


def rows_as_csv(embedding: Embedding, rows: npt.NDArray[np.int64], coordinates: npt.NDArray[Any] | None) -> bytes:
    """Return key, label, coordinates (x, y, z) and metadata of some rows as `write_csv` writes them.

    Parameters
    ----------
    rows
        `(n,)` int64, in the order of the lines.
    coordinates
        `(n_keys, n_components)` of all rows; None if there is no map.
    """
    named = _columns_of_rows(embedding, rows, coordinates)
    table = pa.table({spreadsheet_safe(name): _escape_text(column) for name, column in named.items()})
    sink = io.BytesIO()
    pyarrow.csv.write_csv(table, sink, pyarrow.csv.WriteOptions(quoting_style="needed"))
    return sink.getvalue()


def _columns_of_rows(
    embedding: Embedding, rows: npt.NDArray[np.int64], coordinates: npt.NDArray[Any] | None
) -> dict[str, Column]:
    at = pa.array(rows)
    return {name: column.take(at) for name, column in columns(embedding, coordinates).items()}


def rows_as_parquet(embedding: Embedding, rows: npt.NDArray[np.int64], coordinates: npt.NDArray[Any] | None) -> bytes:
    """Return key, label, coordinates (x, y, z) and metadata of some rows as a Parquet file; see `rows_as_csv`."""
    sink = io.BytesIO()
    table = pa.table(_columns_of_rows(embedding, rows, coordinates))
    pyarrow.parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def rows_as_text(embedding: Embedding, rows: npt.NDArray[np.int64]) -> bytes:
    """Return the keys of some rows as UTF-8, one per line; keys with line ends or tabs are escaped, see `tsv_keys`."""
    keys = tsv_keys([embedding.keys[row] for row in rows])
    return "".join(f"{key}\n" for key in keys).encode(errors="replace")


def selections_as_csv(embedding: Embedding, selections: Mapping[str, npt.NDArray[np.int64]]) -> bytes:
    """Return the columns `selection`, `key` and `label`, with a line for each point of each named selection."""
    lines = [(name, embedding.keys[row], embedding.labels[row]) for name, rows in selections.items() for row in rows]
    cells = zip(*lines, strict=True) if lines else ([], [], [])
    named = zip(("selection", KEY_COLUMN, LABEL_COLUMN), cells, strict=True)
    safe = {name: list(map(spreadsheet_safe, column)) for name, column in named}
    table = pa.table({name: pa.array(column, pa.string()) for name, column in safe.items()})
    sink = io.BytesIO()
    pyarrow.csv.write_csv(table, sink)
    return sink.getvalue()


def _write_csv(
    embedding: Embedding, out: str | io.BytesIO, coordinates: npt.NDArray[Any] | None, *, with_vectors: bool
) -> None:
    named = {spreadsheet_safe(name): _escape_text(column) for name, column in columns(embedding, coordinates).items()}
    table = pa.table(named)
    vector_names = [f"{VECTOR_COLUMN}_{position}" for position in range(embedding.vector_size)] if with_vectors else []
    vector_names = [name if name not in named else f"{name}_" for name in vector_names]
    schema = pa.schema([*table.schema, *(pa.field(name, pa.float32()) for name in vector_names)])
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    with pyarrow.csv.CSVWriter(out, schema, write_options=options) as writer:
        for block in blocks(embedding.n_keys):
            part = table.slice(block.start, block.stop - block.start)
            if with_vectors:
                numbers = [pa.array(np.ascontiguousarray(column)) for column in embedding.vectors[block].T]
                part = pa.table([*part.columns, *numbers], schema=schema)
            writer.write_table(part)


def _escape_text(column: Column) -> Column:
    if not is_text(column):
        return column
    return pa.array([spreadsheet_safe(text) for text in as_text(column).to_pylist()], pa.string())


def metadata_path(out: Path) -> Path:
    """Return the path of the metadata of the vectors file `out`: `words.metadata.tsv` for `words.tsv`."""
    return out.with_name(f"{out.stem}.metadata.tsv")


def write_tsv_pair(embedding: Embedding, out: Path) -> None:
    """Write vectors, and a metadata file with one line per key.

    As the Embedding Projector requires, the metadata has a header only if it has more than one column. Tabs and line
    ends in keys are percent-encoded, and `<out>.keys.json` restores them; in other cells they become spaces.
    """
    with out.open("wb") as stream:
        for block in blocks(embedding.n_keys):
            stream.write(number_lines(np.asarray(embedding.vectors[block]), "\t"))
    keys = tsv_keys(embedding.keys)
    changed = {after: before for after, before in zip(keys, embedding.keys, strict=True) if after != before}
    if changed:
        write_json(sidecar_path(out), {"escaping": "percent-encoded UTF-8", "keys": changed})
    cells: dict[str, Sequence[str]] = {KEY_COLUMN: keys}
    if has_labels(embedding):
        cells[LABEL_COLUMN] = [_cell(label) for label in embedding.labels]
    for name, column in metadata_columns(embedding.metadata).items():
        cells[_cell(name)] = [_cell(text) for text in as_text(column).to_pylist()]
    header = ["\t".join(cells)] if len(cells) > 1 else []
    lines = [*header, *("\t".join(row) for row in zip(*cells.values(), strict=True))]
    metadata_path(out).write_bytes("".join(f"{line}\n" for line in lines).encode())


def _cell(text: str) -> str:
    return _CELL_END.sub(" ", text)


def tsv_keys(keys: Sequence[str]) -> list[str]:
    """Return keys without tabs and line ends; they stay unique, since the percent sign is escaped too."""
    if not any(_CELL_END.search(key) for key in keys):
        return list(keys)
    unsafe = re.compile(f"%|{_CELL_END.pattern}")
    return [unsafe.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), key) for key in keys]
