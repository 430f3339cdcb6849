"""What is exported and imported again is the same."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.key_escaping import sidecar_path
from embedlab.export import export_embedding
from embedlab.export.tables import metadata_path
from embedlab.kinds.vectors.importing import read_vectors

KEYS = [
    "king",
    "new york",
    "100%",
    "=1+1",
    "a\tb",
    "c\nd",
    "naïve",
    "\u00a0odd\u2028",
    "שלום",
    "🙂",
    '"q"',
    "-1.5",
    "#",
]


@pytest.fixture
def vectors() -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(len(KEYS), 7)).astype(np.float32)
    return rows * np.float32([1e-30, 1e-7, 1, 1 / 3, 1e7, 1e30, 0])


@pytest.mark.parametrize("name", ["word2vec", "word2vec-binary"])
def test_word2vec(vectors: np.ndarray, tmp_path: Path, name: str):
    out = tmp_path / "a"
    export_embedding(Embedding(vectors, KEYS), name, out)
    back = read_vectors(out, keys_path=sidecar_path(out))
    assert list(back.keys) == KEYS
    np.testing.assert_array_equal(back.vectors, vectors)


@pytest.mark.parametrize("with_metadata", [True, False])
def test_tsv_pair(vectors: np.ndarray, tmp_path: Path, with_metadata: bool):
    metadata = pd.DataFrame({"count": range(len(KEYS)), "kind": ["a", "b c"] + ["d"] * (len(KEYS) - 2)})
    labels = [f"{number}. film" for number in range(len(KEYS))]
    embedding = Embedding(vectors, KEYS, labels, metadata) if with_metadata else Embedding(vectors, KEYS)
    out = tmp_path / "a.tsv"
    export_embedding(embedding, "tsv", out)
    back = read_vectors(out, metadata_path=metadata_path(out), keys_path=sidecar_path(out))
    assert list(back.keys) == KEYS
    assert list(back.labels) == list(embedding.labels)
    np.testing.assert_array_equal(back.vectors, vectors)
    if with_metadata:
        assert back.metadata["count"].tolist() == metadata["count"].tolist()
        assert back.metadata["kind"].tolist() == metadata["kind"].tolist()
    else:
        assert list(back.metadata) == []


def test_real_vectors(real_data, tmp_path: Path):
    source = next(iter(sorted(real_data("googlenews-8000").glob("*.bin"))))
    embedding = read_vectors(source)
    for name in ("word2vec", "word2vec-binary"):
        export_embedding(embedding, name, tmp_path / name)
        sidecar = sidecar_path(tmp_path / name)
        back = read_vectors(tmp_path / name, keys_path=sidecar if sidecar.exists() else None)
        assert list(back.keys) == list(embedding.keys)
        np.testing.assert_array_equal(back.vectors, embedding.vectors)
