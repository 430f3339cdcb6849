"""Memory of an opened embedding beyond its file: ``python -m benchmarks.embedding_memory HOME ID``.

It is opened as the server does for a map: vectors, keys, labels, key index, norms, search index, first neighbors.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

import gensim.models  # noqa: F401
import numpy as np
import psutil
import pyarrow as pa

from embedlab.core.settings import Settings
from embedlab.exploration.asking.spelling import closest_spellings
from embedlab.ui.map import data
from embedlab.workspace.workspace import Workspace


def private_bytes() -> int:
    """Return the memory that only this process uses, including mapped files that no other process has open."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    return int(psutil.Process().memory_full_info().uss)


def main() -> None:
    """Open the embedding, use it, and print its memory as JSON."""
    home, embedding_id = Path(sys.argv[1]), sys.argv[2]
    workspace = Workspace.open(Settings(home=home))
    # Pages and libraries that the first query of a process needs.
    np.random.default_rng(0).random((100, 100)) @ np.ones(100)
    workspace.embedding(embedding_id)
    before = private_bytes()
    embedding = workspace.load_embedding(embedding_id)
    _ = embedding.keyed_vectors
    data.neighbor_rows(embedding, 0, 10)
    data.search_rows(embedding, "word", 8)
    closest_spellings(embedding, "wrod1")
    data.labels_bytes(embedding.labels)
    after = private_bytes()
    file_bytes = sum(path.stat().st_size for path in workspace.layout.embedding(embedding_id).iterdir())
    beyond = max(0, after - before - file_bytes)
    per_key = beyond / embedding.n_keys
    print(json.dumps({"file_mb": file_bytes / 1e6, "beyond_mb": beyond / 1e6, "bytes_per_key": per_key}))


if __name__ == "__main__":
    main()
