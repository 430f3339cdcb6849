"""Vectors in NumPy's archives of arrays (`.npz`), with names in a second array; never unpickled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from embedlab.core.array_file import read_header
from embedlab.core.errors import InputError, TooLargeError
from embedlab.kinds.vectors.arrays import read_bytes, read_npy
from embedlab.kinds.vectors.assembly import assemble
from embedlab.kinds.vectors.containers.named_arrays import choose_array
from embedlab.kinds.vectors.keyed_rows import KeyedRows
from embedlab.kinds.vectors.options import VectorsOptions
from embedlab.kinds.vectors.rows import Tick
from embedlab.reading.sources import Limits, StoredFile, open_source

_LARGEST_NAMES_BYTES: Final = 2**30
_MOST_ARRAYS: Final = 100
_LONGEST_NAME: Final = 10_000


def is_npz(members: Sequence[str]) -> bool:
    """Tell whether a zip archive is one of arrays, by the names of its files."""
    return bool(members) and all(name.endswith(".npy") for name in members)


def read_npz(
    path: Path | StoredFile, members: Sequence[str], options: VectorsOptions, limits: Limits, tick: Tick
) -> KeyedRows:
    """Read the table of an archive, with an array of as many texts as names.

    Raises
    ------
    InputError
        No array is a table of real numbers, or the names are Python objects (a pickle).
    UnsureError
        Several arrays may be the vectors.
    TooLargeError
        More than 100 arrays, or above the bounds for vectors.
    """
    if len(members) > _MOST_ARRAYS:
        raise TooLargeError(
            f"The archive holds more than {_MOST_ARRAYS} arrays.", received=len(members), remedy="Save two arrays."
        )
    stored = StoredFile.of(path, limits)
    with stored.share_archive():
        heads: dict[str, tuple[tuple[int, ...], np.dtype[np.generic]]] = {}
        for member in members:
            with open_source(stored, limits, member) as stream:
                shape, _, dtype = read_header(stream)
            heads[member.removesuffix(".npy")] = (shape, dtype)
        chosen = choose_array(
            {name: shape for name, (shape, dtype) in heads.items() if dtype.kind in "fiu"}, options.array
        )
        n_rows = heads[chosen][0][0]
        with open_source(stored, limits, f"{chosen}.npy") as stream:
            vectors, _ = read_npy(stream, options.first, tick)
        columns: dict[str, list[str]] = {}
        for name, (shape, dtype) in heads.items():
            if name == chosen or len(shape) != 1 or shape[0] != n_rows:
                continue
            if dtype.hasobject:
                raise InputError(
                    "An array of the archive holds a pickle (Python objects), which could run any code.",
                    received=name,
                    remedy=f"Save {name} as text: numpy.array({name}, dtype=str).",
                )
            if dtype.kind in "USfiu":
                with open_source(stored, limits, f"{name}.npy") as stream:
                    columns[name] = _texts(stream, name)[: len(vectors)]
    texts = [name for name in columns if heads[name][1].kind in "US"]
    if len(texts) == 1 and len(set(columns[texts[0]])) == len(vectors) and options.key_column is None:
        options = options.model_copy(update={"key_column": None if options.keys == "numbered" else texts[0]})
    assembled = assemble(columns, named=True, keys=options.keys, key_column=options.key_column)
    said = assembled.assumption or (f"The names are in the array {assembled.key_name}." if assembled.key_name else "")
    return KeyedRows(
        assembled.keys,
        vectors,
        assembled.labels,
        assembled.table if columns else assembled.table.reindex(range(len(vectors))),
        n_in_file=n_rows,
        layout="npz",
        columns={
            "key": [assembled.key_name] if assembled.key_name else [],
            "vector": [chosen],
            "metadata": [str(name) for name in assembled.table.columns],
        },
        assumptions=[said] if said else [],
    )


def _texts(stream: BinaryIO, name: str) -> list[str]:
    shape, _, dtype = read_header(stream)
    if dtype.itemsize > 4 * _LONGEST_NAME or shape[0] * dtype.itemsize > _LARGEST_NAMES_BYTES:
        raise TooLargeError("The names need more than 1 GiB.", received=name, remedy="Bring shorter names.")
    values = np.frombuffer(read_bytes(stream, shape[0] * dtype.itemsize, name), dtype)
    if dtype.kind != "S":
        try:
            return [str(value).encode("utf-8", "replace").decode() for value in values.tolist()]
        except ValueError as error:
            raise InputError(
                "The names are no text.", received=f"{name}: {error}", remedy="Save them again with numpy."
            ) from error
    return [value.decode("utf-8", "replace") for value in values.tolist()]
