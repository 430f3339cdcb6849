"""Word2Vec through EmbedLab's model against a bare gensim script, on the same corpus file, in trained words a second.

``python -m benchmarks.word2vec_throughput [--words 5000000] [--pairs 3] [--workers 2]``
"""

from __future__ import annotations

import argparse
import lzma
import os
import tempfile
import time
from pathlib import Path

from benchmarks.side_by_side import DATA, compare, report
from embedlab.datasets.sources import Limits
from embedlab.datasets.text import TextDataset, guess_text_options, import_text
from embedlab.models.base import QuietContext
from embedlab.models.registry import model

EPOCHS = 2
SETTINGS = {"vector_size": 100, "window": 5, "min_count": 5, "negative": 5, "epochs": EPOCHS, "seed": 1}


def first_words(n_words: int, path: Path) -> None:
    """Write the first words of the large corpus."""
    with lzma.open(DATA / "enwiki-100mb" / "text8style_100MB.txt.xz") as stream:
        text = stream.read(8 * n_words).decode()
    path.write_text(" ".join(text.split()[:n_words]), encoding="utf-8")


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--words", type=int, default=5_000_000)
    arguments.add_argument("--pairs", type=int, default=3)
    arguments.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        first_words(asked.words, folder / "text.txt")
        limits = Limits()
        (folder / "dataset").mkdir()
        options = guess_text_options(folder / "text.txt", limits)
        imported = import_text(folder / "text.txt", options, folder / "dataset", limits=limits)
        imported.save(folder / "dataset")
        dataset = TextDataset.open(folder / "dataset")
        effective = _effective_words(dataset)

        def ours() -> float:
            word2vec = model("word2vec")
            parameters = word2vec.parameters_class.checked({**SETTINGS, "workers": asked.workers})
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                started = time.perf_counter()
                word2vec.train(dataset, parameters, QuietContext(Path(scratch), n_threads=asked.workers))
                return EPOCHS * effective / (time.perf_counter() - started)

        def bare() -> float:
            from gensim.models import Word2Vec

            started = time.perf_counter()
            trained = Word2Vec(corpus_file=str(dataset.corpus_path), sg=1, workers=asked.workers, **SETTINGS)
            elapsed_s = time.perf_counter() - started
            assert trained.corpus_total_words == dataset.n_tokens
            return EPOCHS * effective / elapsed_s

        report(f"Word2Vec, {dataset.n_tokens:,} words, {asked.workers} workers", *compare(ours, bare, asked.pairs))


def _effective_words(dataset: TextDataset) -> float:
    """Expected words trained an epoch: those of the vocabulary that frequent-word sampling (1e-3) keeps."""
    counts = dataset.vocabulary["count"]
    counts = counts[counts >= SETTINGS["min_count"]].to_numpy(dtype=float)
    threshold = 1e-3 * counts.sum()
    kept = ((counts / threshold) ** 0.5 + 1) * (threshold / counts)
    return float((counts * kept.clip(max=1.0)).sum())


if __name__ == "__main__":
    main()
