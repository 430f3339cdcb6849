"""The central object: vectors with keys, readable labels, and a metadata table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import InputError, NotFoundError, StorageError
from embedlab.core.files import atomic_folder, write_json
from embedlab.core.stored import read_array, read_table, release_memory

if TYPE_CHECKING:
    from gensim.models import KeyedVectors

Vectors = npt.NDArray[np.float32]

#: Reserved columns of the stored table; metadata columns may not use these names.
KEY_COLUMN = "key"
LABEL_COLUMN = "label"
#: The metadata column with the number of occurrences of a key, if known.
COUNT_COLUMN = "count"
#: Of items and users: the mean of their ratings, or of their counts if the feedback is implicit.
MEAN_RATING_COLUMN, MEAN_COUNT_COLUMN = "mean_rating", "mean_count"


# Compared by identity: comparing arrays would be slow and ambiguous, and caches hold embeddings weakly as keys.
@dataclass(frozen=True, eq=False)
class Embedding:
    """Vectors of discrete values, available as gensim `KeyedVectors`.

    Parameters
    ----------
    vectors
        `(n_keys, vector_size)` float32, finite.
    keys
        `n_keys` unique, non-empty strings, most frequent first if counts are known. Always strings: gensim
        interprets an integer as a position.
    labels
        Readable name of each key (a film's title); by default the keys themselves.
    metadata
        One row per key: `count`, genres, mean rating, bias ...
    folder
        The folder it was loaded from, which may contain its neighbor graph; None for one in memory.

    Raises
    ------
    InputError
        Shapes disagree, or a metadata column has a reserved name. `checked` also checks untrusted parts: that keys are
        unique and not empty, and that all numbers are finite.

    Notes
    -----
    The interface of the served object is that of gensim's ``KeyedVectors``
    (https://radimrehurek.com/gensim/models/keyedvectors.html).
    """

    vectors: Vectors
    keys: Sequence[str]
    labels: Sequence[str] = ()
    metadata: pd.DataFrame = field(default_factory=pd.DataFrame)
    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or 0 in self.vectors.shape:
            raise InputError("An embedding needs at least one vector.", received=self.vectors.shape)
        if self.vectors.dtype != np.float32:
            raise InputError("Vectors must be float32.", received=str(self.vectors.dtype))
        n_keys = len(self.vectors)
        if not self.labels:
            object.__setattr__(self, "labels", self.keys)
        if len(self.keys) != n_keys or len(self.labels) != n_keys:
            raise InputError(
                "Every vector needs one key and one label.",
                received=f"{n_keys} vectors, {len(self.keys)} keys, {len(self.labels)} labels",
            )
        if self.metadata.empty and len(self.metadata) != n_keys:
            object.__setattr__(self, "metadata", pd.DataFrame(index=range(n_keys)))
        if len(self.metadata) != n_keys:
            raise InputError(
                "Every vector needs one row of metadata.",
                received=f"{n_keys} vectors, {len(self.metadata)} rows",
            )
        names = [str(name) for name in self.metadata.columns]
        unusable = [name for name in names if name in {KEY_COLUMN, LABEL_COLUMN} or names.count(name) > 1]
        if unusable:
            raise InputError(
                "A metadata column has a name that is reserved or occurs twice.",
                received=unusable[0],
                remedy=f"Rename it; {KEY_COLUMN} and {LABEL_COLUMN} are reserved.",
            )

    @classmethod
    def checked(
        cls,
        vectors: Vectors,
        keys: Sequence[str],
        labels: Sequence[str] = (),
        metadata: pd.DataFrame | None = None,
    ) -> Embedding:
        """Build an embedding from untrusted parts, also checking keys and numbers (reads every vector)."""
        embedding = cls(vectors, keys, labels, pd.DataFrame() if metadata is None else metadata)
        if len(embedding.key_to_index) != len(keys):
            seen: set[str] = set()
            twice = next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise InputError("A key occurs twice.", received=twice, remedy="Keep one vector for each key.")
        if "" in embedding.key_to_index:
            raise InputError("A key is empty.", remedy="Give every vector a name.")
        finite = np.isfinite(vectors).all(axis=1)
        if not finite.all():
            row = int(np.argmin(finite))
            raise InputError(
                "A vector contains NaN or an infinite number.",
                received=f"row {row + 1}, key {keys[row]}",
                remedy="Remove or fix these rows.",
            )
        return embedding

    @property
    def n_keys(self) -> int:
        """Number of keys."""
        return int(self.vectors.shape[0])

    @property
    def vector_size(self) -> int:
        """Number of dimensions of each vector."""
        return int(self.vectors.shape[1])

    @cached_property
    def key_to_index(self) -> dict[str, int]:
        """Row of each key."""
        return {key: index for index, key in enumerate(self.keys)}

    @cached_property
    def unit_vectors(self) -> Vectors:
        """`(n_keys, vector_size)` vectors of length 1; zero rows stay zero, so their cosine is 0 and not NaN."""
        units: Vectors = np.asarray(self.vectors) / self.norms[:, np.newaxis]
        return units

    @cached_property
    def norms(self) -> npt.NDArray[np.float32]:
        """`(n_keys,)` float32 lengths of the vectors; 1 instead of 0, so that division leaves zero rows zero."""
        # Squares of float32 overflow above 1e19 and underflow below 1e-23, so they are summed in float64.
        squares = np.einsum("ij,ij->i", self.vectors, self.vectors, dtype=np.float64)
        norms: Vectors = np.minimum(np.sqrt(squares), np.finfo(np.float32).max).astype(np.float32)
        norms[norms == 0] = 1
        return norms

    @cached_property
    def keyed_vectors(self) -> KeyedVectors:
        """The same vectors as gensim `KeyedVectors`; treat as read-only (shared by threads)."""
        from gensim.models import KeyedVectors

        keyed = KeyedVectors(self.vector_size, count=0, dtype=np.float32)
        keyed.vectors = self.vectors
        keyed.index_to_key = self.keys if isinstance(self.keys, list) else list(self.keys)
        keyed.key_to_index = self.key_to_index
        # gensim divides by these; its own would give NaN for zero rows.
        keyed.norms = self.norms
        return keyed

    def index(self, key: str) -> int:
        """Return the row of `key`, or raise `NotFoundError`."""
        try:
            return self.key_to_index[key]
        except KeyError:
            raise NotFoundError(
                "The key is not in the vocabulary.",
                received=key,
                remedy="Check the spelling, or search for it.",
            ) from None

    def label(self, key: str) -> str:
        """Return the readable name of `key`."""
        return self.labels[self.index(key)]

    def subset(self, rows: npt.NDArray[np.int64]) -> Embedding:
        """Return an embedding of some rows only, in their order; their vectors are copied into memory."""
        chosen = rows.tolist()
        keys = [self.keys[row] for row in chosen]
        labels = keys if self.labels is self.keys else [self.labels[row] for row in chosen]
        return Embedding(np.asarray(self.vectors[rows]), keys, labels, self.metadata.iloc[rows].reset_index(drop=True))

    def save(self, folder: Path, about: dict[str, Any] | None = None) -> None:
        """Write `vectors.npy`, `keys.parquet` and `embedding.json` atomically into the new `folder`."""
        with atomic_folder(folder) as temporary:
            np.save(temporary / "vectors.npy", np.ascontiguousarray(self.vectors), allow_pickle=False)
            table = self.metadata.reset_index(drop=True).copy()
            table.insert(0, KEY_COLUMN, list(self.keys))
            table.insert(1, LABEL_COLUMN, list(self.labels))
            table.to_parquet(temporary / "keys.parquet", index=False)
            write_json(
                temporary / "embedding.json",
                {"n_keys": self.n_keys, "vector_size": self.vector_size, "dtype": "float32", **(about or {})},
            )

    @classmethod
    def load(cls, folder: Path) -> Embedding:
        """Open a saved embedding; the vectors stay on disk and are memory-mapped.

        Raises
        ------
        StorageError
            The folder is missing or damaged.
        """
        try:
            vectors = read_array(folder / "vectors.npy", "f", n_dimensions=2)
            table = read_table(folder / "keys.parquet", {KEY_COLUMN: "text", LABEL_COLUMN: "text"})
            keys, labels = table[KEY_COLUMN].tolist(), table[LABEL_COLUMN].tolist()
            # One list of names in memory where two are equal.
            metadata = table.drop(columns=[KEY_COLUMN, LABEL_COLUMN])
            del table
            release_memory()
            return cls(vectors, keys, keys if labels == keys else labels, metadata, folder)
        except (StorageError, InputError) as error:
            raise StorageError(
                "The embedding's files are missing or damaged.",
                received=folder.name,
                remedy="Restore them from a backup, or train or import it again.",
            ) from error
