"""Embedding weights in HDF5: Keras models and weights (`.h5`, `.keras`), read as data only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from embedlab.core.errors import InputError, TooLargeError
from embedlab.kinds.vectors.containers.named_arrays import choose_array
from embedlab.kinds.vectors.formats import check_amount, check_vector_size
from embedlab.kinds.vectors.keyed_rows import KeyedRows
from embedlab.kinds.vectors.options import VectorsOptions
from embedlab.kinds.vectors.rows import Tick
from embedlab.reading.sources import Limits, StoredFile, unpacked_file

if TYPE_CHECKING:
    import h5py

_MOST_OBJECTS: Final = 10_000
_DEEPEST: Final = 20
_ROWS_AT_ONCE: Final = 8192
#: The file in a `.keras` archive that holds the weights.
KERAS_WEIGHTS: Final = "model.weights.h5"


def read_hdf5(path: Path | StoredFile, options: VectorsOptions, limits: Limits, tick: Tick) -> KeyedRows:
    """Read one dataset of two dimensions, such as the weights of an Embedding layer; its rows have no names.

    Links to other files, data stored in other files and virtual datasets are not followed.

    Raises
    ------
    InputError
        The file is damaged, or has no table of real numbers.
    UnsureError
        Several tables may be the vectors.
    TooLargeError
        More than 10,000 objects, or above the bounds for vectors.
    """
    import h5py

    with unpacked_file(path, limits, options.member) as plain:
        try:
            with h5py.File(plain, "r") as stored:
                found: dict[str, Any] = {}
                _collect(stored, "", found, set(), 0)
                chosen = choose_array({name: tuple(one.shape) for name, one in found.items()}, _array(found, options))
                dataset = found[chosen]
                n_rows, size = dataset.shape
                check_vector_size(size)
                n = n_rows if options.first is None else min(options.first, n_rows)
                check_amount(n, size)
                if n_rows * size * dataset.dtype.itemsize > limits.max_unpacked_bytes:
                    raise TooLargeError(
                        "The table unpacks to more than is allowed.",
                        received=f"{n_rows:,} x {size:,}",
                        remedy=limits.remedy("Bring a smaller part of it", "EMBEDLAB_MAX_UNPACKED_MB"),
                    )
                vectors = np.empty((n, size), np.float32)
                for start in range(0, n, _ROWS_AT_ONCE):
                    stop = min(n, start + _ROWS_AT_ONCE)
                    with np.errstate(over="ignore", invalid="ignore"):
                        vectors[start:stop] = dataset[start:stop]
                    tick()
        except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
            raise InputError(
                "The HDF5 file is damaged, or its data cannot be read.",
                received=str(error),
                remedy="Save or download it again.",
            ) from error
    return KeyedRows(
        [],
        vectors,
        n_in_file=n_rows,
        layout="hdf5",
        columns={"key": [], "vector": [chosen], "metadata": []},
        assumptions=[f"The vectors are the weights {chosen}."],
    )


def _array(found: dict[str, Any], options: VectorsOptions) -> str | None:
    """Return the chosen table; else the only one that is called embeddings, as Keras names the weights of the layer."""
    if options.array is not None:
        return options.array
    weights = [name for name, one in found.items() if len(one.shape) == 2 and _is_embedding(name)]
    return weights[0] if len(weights) == 1 else None


def _is_embedding(name: str) -> bool:
    parts = name.lower().split("/")
    # The optimizer keeps tables of the same shape for each weight.
    return "embedding" in name.lower() and not any(part.startswith("optimizer") for part in parts)


def _collect(group: h5py.Group, prefix: str, found: dict[str, Any], visited: set[Any], depth: int) -> None:
    import h5py

    if depth > _DEEPEST:
        return
    for name in group:
        link = group.get(name, getlink=True)
        # Links to names and to other files are not followed: they could lead anywhere.
        if not isinstance(link, h5py.HardLink):
            continue
        one = group[name]
        place = h5py.h5o.get_info(one.id).addr
        if place in visited:
            continue
        visited.add(place)
        if len(visited) > _MOST_OBJECTS:
            raise TooLargeError(
                f"The HDF5 file holds more than {_MOST_OBJECTS:,} objects.",
                remedy="Save the weights of one layer alone.",
            )
        path = f"{prefix}/{name}" if prefix else str(name)
        if isinstance(one, h5py.Group):
            if not path.startswith("optimizer"):
                _collect(one, path, found, visited, depth + 1)
        elif isinstance(one, h5py.Dataset) and _is_plain(one):
            found[path] = one


def _is_plain(dataset: h5py.Dataset) -> bool:
    if dataset.is_virtual or dataset.external or dataset.shape is None:
        return False
    return dataset.dtype.kind in "fiu" and dataset.dtype.itemsize <= 8
