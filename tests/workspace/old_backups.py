"""Backups as earlier versions of EmbedLab wrote them, put together by code."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DATASET, RUN, EMBEDDING, PROJECTION, UPLOAD = (letter * 12 for letter in "abcde")
YARDSTICK = "f" * 12


def _tables(schema: str) -> dict[str, list[dict[str, Any]]]:
    tables: dict[str, list[dict[str, Any]]] = {
        "uploads": [
            {"id": UPLOAD, "name": "later.txt", "digest": "1" * 64, "size_bytes": 5, "created_at": 1700000000.5},
        ],
        "datasets": [
            {
                "id": DATASET,
                "name": "Old texts",
                "kind": "text",
                "digest": "2" * 64,
                "counts": {"documents": 2, "tokens": 4, "vocabulary": 4},
                "options": {"label_column": None},
                "warnings": ["Only 4 words."],
                "details": {"files": {"read": 1, "left_out": []}},
                "size_bytes": 20,
                "created_at": 1700000000,
            }
        ],
        "jobs": [
            {
                "id": RUN,
                "kind": "train",
                "status": "succeeded",
                "title": "Word2Vec on Old texts",
                "request": {"dataset_id": DATASET, "model": "word2vec", "parameters": {"vector_size": 3, "seed": 1}},
                "result": {"run_id": RUN, "embeddings": {"words": EMBEDDING}, "scores": {}},
                "error": None,
                "attempt": 1,
                "created_at": 1700000001.0,
                "started_at": 1700000002.0,
                "finished_at": 1700000003.0,
                "heartbeat_at": None,
                "cancel_requested_at": None,
                "token": None,
                "worker": None,
            }
        ],
        "runs": [
            {
                "id": RUN,
                "name": "Word2Vec on Old texts",
                "dataset_id": DATASET,
                "model": "word2vec",
                "parameters": {"vector_size": 3, "seed": 1},
                "scores": {"word_pairs": {"wordsim353": {"spearman": 0.5, "n_used": 3, "n_pairs": 353}}},
                "versions": {"python": "3.11.7", "gensim": "4.3.2"},
                "created_at": 1700000001.0,
            }
        ],
        "embeddings": [
            {
                "id": EMBEDDING,
                "name": "words",
                "title": "Word2Vec on Old texts: words",
                "run_id": RUN,
                "dataset_id": DATASET,
                "n_keys": 4,
                "vector_size": 3,
                "size_bytes": 100,
                "created_at": 1700000003.0,
            }
        ],
        "projections": [
            {
                "id": PROJECTION,
                "embedding_id": EMBEDDING,
                "method": "pca",
                "n_components": 2,
                "parameters": {},
                "seed": 0,
                "quality": {"explained_variance_ratio": [0.9, 0.1]},
                "created_at": 1700000003.0,
            }
        ],
    }
    if schema >= "0002":
        tables["yardsticks"] = [
            {
                "id": YARDSTICK,
                "dataset_id": DATASET,
                "kind": "pairs",
                "name": "mine.tsv",
                "content": [["a", "b", 7.5], ["c", "d", 1]],
                "created_at": 1700000004.0,
            }
        ]
    return tables


def _array(array: np.ndarray[Any, Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _files() -> dict[str, bytes]:
    vectors = np.arange(12, dtype=np.float32).reshape(4, 3)
    keys = pd.DataFrame({"key": list("abcd"), "label": list("abcd"), "count": [4, 3, 2, 1]})
    return {
        f"uploads/{UPLOAD}": b"later",
        f"datasets/{DATASET}/dataset.json": b'{"kind": "text", "counts": {"documents": 2, "tokens": 4}}',
        f"datasets/{DATASET}/corpus.txt": b"a b\nc d\n",
        f"jobs/{RUN}/log.txt": b"trained\n",
        f"jobs/{RUN}/history.jsonl": b'{"epoch": 1, "loss": 0.5}\n',
        f"runs/{RUN}/run.json": b"{}",
        f"runs/{RUN}/train.py": b"print('as the first version wrote it')\n",
        f"embeddings/{EMBEDDING}/vectors.npy": _array(vectors),
        f"embeddings/{EMBEDDING}/keys.parquet": keys.to_parquet(index=False),
        f"embeddings/{EMBEDDING}/embedding.json": b"{}",
        f"projections/{PROJECTION}/coordinates.npy": _array(vectors[:, :2]),
    }


def write_old_backup(path: Path, schema: str) -> Path:
    """Write a backup as the version with this schema did; return its path."""
    about = {"format": "embedlab-backup-1", "schema": schema, "created_at": 1700000005.0, "tables": _tables(schema)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _files().items():
            archive.writestr(name, content)
        archive.writestr("catalogue.json", json.dumps(about))
    return path
