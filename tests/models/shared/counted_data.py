"""Texts whose documents go over several lines, standing where an imported dataset would."""

from __future__ import annotations

from array import array
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pandas as pd

from embedlab.kinds.text.corpus import CorpusWriter


def document_dataset(folder, documents):
    """Return what a model reads of an imported text; `documents.txt` is what its script reads."""
    corpus = folder / "corpus.txt"
    with corpus.open("wb") as stream:
        starts = array("q")
        writer = CorpusWriter(stream, starts)
        writer.add(documents)
        writer.close()
    lines = [" ".join(document) + "\n" for document in documents]
    (folder / "documents.txt").write_text("".join(lines), encoding="utf-8")
    counts = Counter(word for document in documents for word in document)
    vocabulary = pd.DataFrame(counts.most_common(), columns=["word", "count"])
    return SimpleNamespace(corpus_path=corpus, vocabulary=vocabulary, document_starts=np.array(starts, np.int64))


def random_documents(n_documents=40, n_words=30, seed=0, longest=350):
    """Documents of random words, the first ones more frequent, some of no words and some of exactly 100."""
    rng = np.random.default_rng(seed)
    lengths = [0, 100, 1, *rng.integers(0, longest, n_documents - 3)]
    return [[f"w{min(int(word), n_words - 1)}" for word in rng.exponential(n_words / 4, size)] for size in lengths]


def counted_by_hand(documents, words, weights):
    """The symmetric table, pair by pair."""
    rows = {word: row for row, word in enumerate(words)}
    table = np.zeros((len(words), len(words)))
    for document in documents:
        known = [rows[word] for word in document if word in rows]
        for position, row in enumerate(known):
            for distance in range(1, min(len(weights), position) + 1):
                other = known[position - distance]
                table[row, other] += weights[distance - 1]
                table[other, row] += weights[distance - 1]
    return table
