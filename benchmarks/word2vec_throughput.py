"""Throughput of Word2Vec in EmbedLab and in a bare gensim script on the same corpus file, in trained words per second.

``python -m benchmarks.word2vec_throughput [--words 5000000] [--pairs 3] [--workers 2] [--cbow] [--backend numba]``

Each pair is trained with another seed, and both are scored by the word tests that gensim ships. A rate includes
everything from the corpus file to the vectors: reading, vocabulary or encoding, loading of compiled code, epochs.
"""

from __future__ import annotations

import argparse
import lzma
import os
import tempfile
import time
from pathlib import Path

from benchmarks.side_by_side import DATA, compare, report
from embedlab.core.embedding import Embedding
from embedlab.kinds.text.dataset import TextDataset, guess_text_options, import_text
from embedlab.models.contract.base import QuietContext
from embedlab.models.registry import model
from embedlab.reading.sources import Limits
from embedlab.tasks.yardsticks import judge

SETTINGS = {"vector_size": 100, "window": 5, "min_count": 5, "negative": 5, "sample": 1e-4, "alpha": 0.05}


def first_words(n_words: int, path: Path) -> None:
    """Write the first words of the large corpus."""
    with lzma.open(DATA / "enwiki-100mb" / "text8style_100MB.txt.xz") as stream:
        text = stream.read(8 * n_words).decode()
    path.write_text(" ".join(text.split()[:n_words]), encoding="utf-8")


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--words", type=int, default=5_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--cbow", action="store_true")
    parser.add_argument("--backend", choices=("numba", "gensim"), default="numba")
    args = parser.parse_args()
    settings = {**SETTINGS, "epochs": args.epochs, "workers": args.workers}
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        dataset = _dataset(args.words, folder)
        trained_words = args.epochs * _effective_words(dataset)
        seeds = {"ours": 0, "gensim": 0}

        def ours() -> float:
            seeds["ours"] += 1
            word2vec = model("word2vec")
            given = {**settings, "seed": seeds["ours"], "sg": not args.cbow, "backend": args.backend}
            parameters = word2vec.parameters_class.checked(given)
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                started = time.perf_counter()
                result = word2vec.train(dataset, parameters, QuietContext(Path(scratch), n_threads=args.workers))
                elapsed_s = time.perf_counter() - started
            _print_scores("ours", seeds["ours"], result.embeddings["words"])
            return trained_words / elapsed_s

        def bare() -> float:
            from gensim.models import Word2Vec

            seeds["gensim"] += 1
            given = {**settings, "seed": seeds["gensim"], "sg": int(not args.cbow)}
            started = time.perf_counter()
            trained = Word2Vec(corpus_file=str(dataset.corpus_path), **given)
            elapsed_s = time.perf_counter() - started
            assert trained.corpus_total_words == dataset.n_tokens
            _print_scores("gensim", seeds["gensim"], Embedding(trained.wv.vectors, trained.wv.index_to_key))
            return trained_words / elapsed_s

        kind = "CBOW" if args.cbow else "skip-gram"
        title = f"Word2Vec {kind} by {args.backend}, {dataset.n_tokens:,} words, {args.workers} workers"
        report(title, *compare(ours, bare, args.pairs))


def _dataset(n_words: int, folder: Path) -> TextDataset:
    first_words(n_words, folder / "text.txt")
    limits = Limits()
    (folder / "dataset").mkdir()
    options = guess_text_options(folder / "text.txt", limits)
    import_text(folder / "text.txt", options, folder / "dataset", limits=limits).save(folder / "dataset")
    return TextDataset.open(folder / "dataset")


def _print_scores(who: str, seed: int, words: Embedding) -> None:
    judged = judge(words)
    print(who, "seed", seed, {name: round(score["score"], 3) for name, score in judged.items()}, flush=True)


def _effective_words(dataset: TextDataset) -> float:
    """Return the expected number of words trained per epoch: those of the vocabulary that subsampling keeps."""
    counts = dataset.vocabulary["count"]
    counts = counts[counts >= SETTINGS["min_count"]].to_numpy(dtype=float)
    threshold = SETTINGS["sample"] * counts.sum()
    kept = ((counts / threshold) ** 0.5 + 1) * (threshold / counts)
    return float((counts * kept.clip(max=1.0)).sum())


if __name__ == "__main__":
    main()
