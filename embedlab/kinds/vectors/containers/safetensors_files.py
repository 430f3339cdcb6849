"""Vectors in a safetensors file: a JSON header and raw numbers, nothing that could run."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError
from embedlab.kinds.vectors.containers.named_arrays import choose_array
from embedlab.kinds.vectors.formats import check_amount, check_vector_size
from embedlab.kinds.vectors.keyed_rows import KeyedRows
from embedlab.kinds.vectors.options import VectorsOptions
from embedlab.kinds.vectors.rows import Tick
from embedlab.reading.sources import Limits, StoredFile, unpacked_file

_REAL: Final = frozenset({"F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "U16", "U32", "U64"})


def read_safetensors(path: Path | StoredFile, options: VectorsOptions, limits: Limits, tick: Tick) -> KeyedRows:
    """Read one tensor of two dimensions; its rows have no names.

    Raises
    ------
    InputError
        The header or its offsets do not fit the file, or no tensor is a table of real numbers.
    UnsureError
        Several tensors may be the vectors.
    TooLargeError
        It is above the bounds for vectors.

    Notes
    -----
    The format: https://huggingface.co/docs/safetensors. Its own library checks header, offsets and size.
    """
    from safetensors import SafetensorError, safe_open

    with unpacked_file(path, limits, options.member) as plain:
        try:
            with safe_open(str(plain), framework="np") as stored:
                slices = {name: stored.get_slice(name) for name in stored.keys()}  # noqa: SIM118
                shapes = {name: tuple(one.get_shape()) for name, one in slices.items() if one.get_dtype() in _REAL}
                chosen = choose_array(shapes, options.array)
                n_rows, size = shapes[chosen]
                check_vector_size(size)
                n = n_rows if options.first is None else min(options.first, n_rows)
                check_amount(n, size)
                tick()
                if slices[chosen].get_dtype() == "BF16":
                    vectors = _bfloat16(plain, chosen, n, size)
                else:
                    with np.errstate(over="ignore", invalid="ignore"):
                        vectors = np.asarray(slices[chosen][:n]).astype(np.float32)
        except (SafetensorError, TypeError, ValueError, OSError, OverflowError) as error:
            raise InputError(
                "The safetensors file is damaged.", received=str(error), remedy="Save or download it again."
            ) from error
    return KeyedRows(
        [],
        vectors,
        n_in_file=n_rows,
        layout="safetensors",
        columns={"key": [], "vector": [chosen], "metadata": []},
        assumptions=[f"The vectors are the tensor {chosen}."],
    )


def _bfloat16(path: Path, name: str, n: int, size: int) -> Vectors:
    """Read numbers that NumPy does not know: the upper half of a float32."""
    import json

    with path.open("rb") as stream:
        n_header = int.from_bytes(stream.read(8), "little")
        start, stop = json.loads(stream.read(n_header))[name]["data_offsets"]
        n_bytes = min(stop - start, 2 * n * size)
        stream.seek(8 + n_header + start)
        halves = np.frombuffer(stream.read(n_bytes), "<u2")
    vectors: Vectors = (halves.astype(np.uint32) << 16).view(np.float32).reshape(n, size)
    return vectors
