"""What every way to learn words takes on a large text, and whether its memory grows with the text.

``python -m benchmarks.words_at_scale [--bytes 100000000] [--times 1] [--steps import,word2vec,ppmi-svd] [--threads 2]``

Each step is a process of its own, so that its peak of memory is its own. With `--times 4` the text is repeated, and
words must occur four times as often to be learned: the vocabulary and the pairs that stand together stay the same, so
memory that grows does so with the text's length.
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

#: Of each model what differs from its defaults for a text of this size.
SETTINGS: dict[str, dict[str, Any]] = {
    "word2vec": {"vector_size": 100, "epochs": 5},
    "fasttext": {"vector_size": 100, "epochs": 1},
    "glove": {"vector_size": 100, "epochs": 1},
    "ppmi-svd": {},
    "keras-skipgram": {"vector_size": 50, "epochs": 1},
}
STEPS = ("import", *SETTINGS)


def write_text(n_bytes: int, times: int, path: Path) -> None:
    """Write the beginning of the large corpus, a line each time."""
    with lzma.open(DATA / "enwiki-100mb" / "text8style_100MB.txt.xz") as stream, path.open("wb") as out:
        text = stream.read(n_bytes).rpartition(b" ")[0]
        for _ in range(times):
            out.write(text + b"\n")


def step(name: str, folder: Path, n_threads: int, epochs: int | None, times: int) -> dict[str, Any]:
    """Do one step in this process and tell what it took."""
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
    """Measure and print."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bytes", type=int, default=100_000_000)
    arguments.add_argument("--times", type=int, default=1)
    arguments.add_argument("--steps", default="import,word2vec,ppmi-svd")
    arguments.add_argument("--epochs", type=int)
    arguments.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments.add_argument("--one", choices=STEPS, help=argparse.SUPPRESS)
    arguments.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.one:
        print(json.dumps(step(asked.one, asked.folder, asked.threads, asked.epochs, asked.times)))
        return
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        write_text(asked.bytes, asked.times, Path(folder) / "text.txt")
        for name in asked.steps.split(","):
            command = [sys.executable, "-m", "benchmarks.words_at_scale", "--one", name, "--folder", folder]
            command += ["--threads", str(asked.threads), "--times", str(asked.times)]
            command += ["--epochs", str(asked.epochs)] if asked.epochs is not None else []
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found = json.loads(done.stdout.splitlines()[-1])
            told = {key: round(value, 1) if isinstance(value, float) else value for key, value in found.items()}
            print(f"{name}: load {os.getloadavg()[0]:.1f}", json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
