"""Small texts with known structure, standing where an imported dataset would."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pandas as pd


def text_dataset(folder, lines):
    """Return what a model reads of an imported text: the corpus file and the vocabulary."""
    corpus = folder / "corpus.txt"
    corpus.write_text("".join(" ".join(line) + "\n" for line in lines), encoding="utf-8")
    counts = Counter(word for line in lines for word in line)
    vocabulary = pd.DataFrame(counts.most_common(), columns=["word", "count"])
    return SimpleNamespace(corpus_path=corpus, vocabulary=vocabulary)


def two_clusters(n_lines=600, length=10, n_words=12, seed=0):
    """Lines of sea words or of city words, never mixed: `a0..` and `b0..`."""
    rng = np.random.default_rng(seed)
    return [[f"{'ab'[number % 2]}{word}" for word in rng.integers(0, n_words, length)] for number in range(n_lines)]


def counts_of(dataset):
    counts = dataset.vocabulary["count"]
    return {"documents": 1, "tokens": int(counts.sum()), "vocabulary": len(counts)}
