"""Integer codes from 0 for keys: texts that occur many times."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


class KeyCodes:
    """A code for every key, in the order of first appearance."""

    def __init__(self) -> None:
        # Large strings: many long keys together may exceed the 2 GiB of ordinary ones.
        self._known = pa.array([], pa.large_string())

    def __len__(self) -> int:
        return len(self._known)

    @property
    def keys(self) -> list[str]:
        """The keys in the order of their codes."""
        keys: list[str] = self._known.to_pylist()
        return keys

    def __getitem__(self, code: int) -> str:
        key: str = self._known[code].as_py()
        return key

    def take(self, codes: npt.NDArray[np.integer]) -> pa.Array:
        """Return the keys of the codes, as large strings: a third of the memory of Python's."""
        return self._known.take(pa.array(codes))

    def encode(self, column: pa.Array) -> npt.NDArray[np.int32]:
        """Return the `(n,)` int32 codes of a column of strings without nulls, giving new keys new codes."""
        encoded = pc.dictionary_encode(column)
        distinct = encoded.dictionary.cast(pa.large_string())
        found = pc.index_in(distinct, value_set=self._known)
        is_new = pc.is_null(found).to_numpy(zero_copy_only=False)
        of_distinct: npt.NDArray[np.int32] = pc.fill_null(found, 0).to_numpy(zero_copy_only=False).astype(np.int32)
        if is_new.any():
            of_distinct[is_new] = np.arange(len(self), len(self) + np.count_nonzero(is_new), dtype=np.int32)
            self._known = pa.concat_arrays([self._known, distinct.filter(pa.array(is_new))])
        row_codes: npt.NDArray[np.int32] = of_distinct[encoded.indices.to_numpy(zero_copy_only=False)]
        return row_codes
