"""GloVe training throughput in word pairs per second, on the first 30 MB of the large corpus; optionally vs. C.

``python -m benchmarks.glove_throughput [--bytes 30000000] [--epochs 15] [--threads 2] [--pairs 3] [--program GLOVE]``

`--program` is the binary `glove` built from https://github.com/stanfordnlp/GloVe: both then train on the same records
and are scored by the same tests.
"""

from __future__ import annotations

import argparse
import lzma
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from gensim.models import KeyedVectors

from benchmarks.side_by_side import DATA, compare, machine, report
from embedlab.core.embedding import Embedding
from embedlab.kinds.text.dataset import TextDataset, guess_text_options, import_text
from embedlab.models.contract.base import QuietContext
from embedlab.models.glove.model import Glove, GloveParameters, GloveTraining
from embedlab.models.glove.records import Records, shuffled_records
from embedlab.models.shared.cooccurrence import count_cooccurrences, window_weights
from embedlab.models.shared.word_rows import kept_vocabulary
from embedlab.reading.sources import Limits
from embedlab.tasks.yardsticks import judge

#: Measured for the C program with two threads on one 2-core machine.
KNOWN_PAIRS_PER_S = 1.4e6
C_RECORD = np.dtype([("word1", np.int32), ("word2", np.int32), ("val", np.float64)])


def first_bytes(n_bytes: int, folder: Path) -> TextDataset:
    """Import the first bytes of the large corpus, which is one line."""
    with lzma.open(DATA / "enwiki-100mb" / "text8style_100MB.txt.xz") as stream:
        (folder / "text.txt").write_bytes(stream.read(n_bytes))
    (folder / "dataset").mkdir()
    options = guess_text_options(folder / "text.txt", Limits())
    import_text(folder / "text.txt", options, folder / "dataset", limits=Limits()).save(folder / "dataset")
    return TextDataset.open(folder / "dataset")


def write_for_c(records: Records, words: list[str], folder: Path) -> None:
    """Write records and vocabulary as the C program reads them; its words count from 1."""
    rows = np.empty(len(records), C_RECORD)
    rows["word1"], rows["word2"] = records["row"] + 1, records["column"] + 1
    rows["val"] = np.exp(records["log_count"].astype(np.float64))
    rows.tofile(folder / "records.c")
    (folder / "vocabulary.c").write_text("".join(f"{word} 1\n" for word in words), encoding="utf-8")


def quality(words: Embedding) -> str:
    """Return the scores of vectors in one line."""
    judged = judge(words)
    return ", ".join(
        f"{test} {judged[test]['score']:.3f} ({judged[test]['covered']:,} of {judged[test]['of']:,})"
        for test in ("wordsim353", "simlex999", "analogies")
    )


def of_program(path: Path) -> Embedding:
    """Return the vectors written by the C program, without the vector of unknown words."""
    keyed = KeyedVectors.load_word2vec_format(str(path), no_header=True)
    kept = [key for key in keyed.index_to_key if key != "<unk>"]
    return Embedding(keyed[kept], kept)


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bytes", type=int, default=30_000_000)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--program", type=Path)
    args = parser.parse_args()
    parameters = GloveParameters(vector_size=100, window=15, x_max=10.0, epochs=args.epochs, workers=args.threads)
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        dataset = first_bytes(args.bytes, folder)
        vocabulary = kept_vocabulary(dataset.vocabulary, parameters.min_count)
        words = vocabulary["word"].tolist()
        started = time.perf_counter()
        weights = window_weights(parameters.window, "harmonic")
        pairs = count_cooccurrences(dataset, words, weights, folder, lambda _: None)
        counted = time.perf_counter()
        records = shuffled_records(pairs, 0, folder, lambda _: None)
        shuffled = time.perf_counter()
        print(
            f"{dataset.n_tokens:,} words, {len(words):,} kept, {len(records):,} pairs: counted in "
            f"{counted - started:.1f} s (compiling included), shuffled in {shuffled - counted:.1f} s; "
            f"load {os.getloadavg()[0]:.1f}; {machine()}",
            flush=True,
        )

        made: dict[str, Embedding] = {}

        def ours() -> float:
            training = GloveTraining(vocabulary, parameters, QuietContext(folder, n_threads=args.threads))
            started = time.perf_counter()
            training.run(records)
            elapsed_s = time.perf_counter() - started
            made["ours"] = training.result().embeddings["words"]
            return args.epochs * len(records) / elapsed_s

        def program() -> float:
            files = ["-input-file", folder / "records.c", "-vocab-file", folder / "vocabulary.c"]
            settings = ["-vector-size", 100, "-x-max", 10, "-iter", args.epochs, "-threads", args.threads]
            command = [args.program, *files, "-save-file", folder / "vectors", *settings, "-binary", 0]
            started = time.perf_counter()
            subprocess.run([str(part) for part in command], check=True, capture_output=True)
            elapsed_s = time.perf_counter() - started
            made["the program"] = of_program(folder / "vectors.txt")
            return args.epochs * len(records) / elapsed_s

        if args.program:
            write_for_c(records, words, folder)
            report(f"{Glove.title}, {args.threads} threads", *compare(ours, program, args.pairs))
        else:
            rates = [ours() for _ in range(args.pairs)]
            known = [KNOWN_PAIRS_PER_S] * args.pairs
            report(f"{Glove.title}, {args.threads} threads, peer as once measured", rates, known)
        for whose, words_made in made.items():
            print(f"{whose}: {quality(words_made)}")
        print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
