"""Time and memory of every word model on a large text, and whether memory grows with the text.

``python -m benchmarks.words_at_scale [--bytes 100000000] [--times 1] [--steps import,word2vec,ppmi-svd] [--threads 2]``

Each step runs in its own process, so that its peak memory can be measured. With `--times 4` the text is repeated, and
words must occur four times as often to be learned: the vocabulary and the co-occurring pairs stay the same, so any
growth of memory is due to the length of the text.
"""

from __future__ import annotations

import argparse
import json
import lzma
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.side_by_side import DATA, machine
from embedlab.jobs.engine.peak_memory import peak_memory_mb
from embedlab.kinds.text.dataset import TextDataset, guess_text_options, import_text
from embedlab.models.contract.base import QuietContext
from embedlab.models.registry import model
from embedlab.reading.sources import Limits
from embedlab.tasks.yardsticks import judge

#: Settings of each model that differ from its defaults for a text of this size.
SETTINGS: dict[str, dict[str, Any]] = {
    "word2vec": {"vector_size": 100, "epochs": 5},
    "fasttext": {"vector_size": 100, "epochs": 1},
    "glove": {"vector_size": 100, "epochs": 1},
    "ppmi-svd": {},
    "keras-skipgram": {"vector_size": 50, "epochs": 1},
}
STEPS = ("import", *SETTINGS)


def write_text(n_bytes: int, times: int, path: Path) -> None:
    """Write the beginning of the large corpus, one line for each repetition."""
    with lzma.open(DATA / "enwiki-100mb" / "text8style_100MB.txt.xz") as stream, path.open("wb") as out:
        text = stream.read(n_bytes).rpartition(b" ")[0]
        for _ in range(times):
            out.write(text + b"\n")


def step(name: str, folder: Path, n_threads: int, epochs: int | None, times: int) -> dict[str, Any]:
    """Run one step in this process and return its time and memory."""
    started = time.perf_counter()
    if name == "import":
        options = guess_text_options(folder / "text.txt", Limits())
        before_mb = peak_memory_mb()
        (folder / "dataset").mkdir()
        imported = import_text(folder / "text.txt", options, folder / "dataset", limits=Limits())
        imported.save(folder / "dataset")
        elapsed_s = time.perf_counter() - started
        counts = imported.counts
        return {
            "seconds": elapsed_s,
            "peak_mb": peak_memory_mb(),
            "before_mb": before_mb,
            "words_per_s": counts["tokens"] / elapsed_s,
            "counts": counts,
        }
    dataset = TextDataset.open(folder / "dataset")
    chosen = model(name)
    counts = {"tokens": dataset.n_tokens, "vocabulary": len(dataset.vocabulary), "documents": dataset.n_documents}
    given = {"epochs": epochs} if epochs is not None and "epochs" in chosen.parameters_class.model_fields else {}
    if "workers" in chosen.parameters_class.model_fields:
        given["workers"] = n_threads
    given["min_count"] = 5 * times
    parameters = chosen.parameters_class.checked({**chosen.defaults(counts).model_dump(), **SETTINGS[name], **given})
    before_mb = peak_memory_mb()
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        started = time.perf_counter()
        result = chosen.train(dataset, parameters, QuietContext(Path(scratch), n_threads=n_threads))
        elapsed_s = time.perf_counter() - started
    peak_mb = peak_memory_mb()
    words = result.embeddings["words"]
    judged = judge(words)
    return {
        "seconds": elapsed_s,
        "before_mb": before_mb,
        "peak_mb": peak_mb,
        "n_words": words.n_keys,
        "scores": {test: (score["score"], score["covered"], score["of"]) for test, score in judged.items()},
        "parameters": parameters.model_dump(),
    }


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bytes", type=int, default=100_000_000)
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--steps", default="import,word2vec,ppmi-svd")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--one", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(step(args.one, args.folder, args.threads, args.epochs, args.times)))
        return
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        write_text(args.bytes, args.times, Path(folder) / "text.txt")
        for name in args.steps.split(","):
            command = [sys.executable, "-m", "benchmarks.words_at_scale", "--one", name, "--folder", folder]
            command += ["--threads", str(args.threads), "--times", str(args.times)]
            command += ["--epochs", str(args.epochs)] if args.epochs is not None else []
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found = json.loads(done.stdout.splitlines()[-1])
            figures = {key: round(value, 1) if isinstance(value, float) else value for key, value in found.items()}
            print(f"{name}: load {os.getloadavg()[0]:.1f}", json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
