"""The file with the nearest neighbors of all keys of an embedding, in the embedding's folder.

One `.npy` per metric: `(n_keys, k)` int32 rows, nearest first. Its name says the metric, whether the neighbors are
exact, and the digest of the vectors they belong to, so that the file is whole or not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import StorageError
from embedlab.core.files import atomic_file
from embedlab.core.stored import read_array

#: Names of these files start with it; backups leave them out, because the next map computes them again.
GRAPH_PREFIX = "graph-"
_NAME = re.compile(r"graph-(cosine|euclidean)-(exact|approximate)-([0-9a-f]{32})\.npy")

GraphRows = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class StoredGraph:
    """The nearest neighbors of all keys of an embedding.

    Parameters
    ----------
    metric
        `cosine` or `euclidean`.
    is_exact
        Whether these are the true neighbors; otherwise a few are missing.
    digest
        Digest of the vectors.
    rows
        `(n_keys, k)` int32 rows of the nearest other keys, nearest first; memory-mapped if loaded.
    """

    metric: str
    is_exact: bool
    digest: str
    rows: GraphRows

    def save(self, folder: Path) -> None:
        """Write the file into the folder of an embedding, and remove those of the same metric.

        Raises
        ------
        FileNotFoundError
            The folder does not exist: the embedding was deleted.
        StorageError
            The disk is full, or the folder cannot be written.
        """
        earlier = _paths(folder, self.metric)
        exactness = "exact" if self.is_exact else "approximate"
        path = folder / f"{GRAPH_PREFIX}{self.metric}-{exactness}-{self.digest}.npy"
        with atomic_file(path, make_folder=False) as stream:
            np.save(stream, np.ascontiguousarray(self.rows, dtype=np.int32), allow_pickle=False)
        for other in earlier:
            if other != path:
                other.unlink(missing_ok=True)


def load_graph(folder: Path, n_keys: int, metric: str = "cosine") -> StoredGraph | None:
    """Return the neighbors in the folder of an embedding; None if there are none, or the file is damaged."""
    for path in _paths(folder, metric):
        match = _NAME.fullmatch(path.name)
        try:
            rows = read_array(path, "i", n_dimensions=2)
        except StorageError:
            continue
        if match and rows.dtype == np.int32 and len(rows) == n_keys and 0 < rows.shape[1] < n_keys:
            return StoredGraph(metric, match[2] == "exact", match[3], rows)
    return None


def _paths(folder: Path, metric: str) -> list[Path]:
    return sorted(path for path in folder.glob(f"{GRAPH_PREFIX}{metric}-*.npy") if _NAME.fullmatch(path.name))
