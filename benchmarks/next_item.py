"""Models of the next item beside item2vec of gensim, tables and VSKNN, on the same held-out users.

Run `python -m benchmarks.next_item FILE [--seeds 0 1 2]` with the file `anonymous-msweb.data` of the UCI repository.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from embedlab.evaluation.recommendation.next_items import measures
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.sequences import (
    Histories,
    SequencesDataset,
    SequencesOptions,
    SequencesSplit,
    import_sequences,
    split_sequences,
)
from embedlab.kinds.sequences.ranks import next_ranks
from embedlab.models.contract.base import QuietContext
from embedlab.models.contract.sequence_abilities import ContinuesSequence
from embedlab.models.registry import MODELS
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.tasks.registry import task_of

_MODELS = ("markov", "item2vec", "next-item")
_RIVALS: dict[str, dict[str, Any]] = {
    "gensim, defaults": {},
    "gensim, whole session, 50 epochs, exponent 0.75": {"window": 50, "epochs": 50, "sample": 0},
    "gensim, whole session, 50 epochs, exponent 0": {"window": 50, "epochs": 50, "sample": 0, "ns_exponent": 0.0},
}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--models", nargs="*", default=list(_MODELS))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _compare(chosen.file, Path(folder), chosen.seeds, chosen.models)


def _imported(file: Path, folder: Path) -> SequencesDataset:
    (folder / "dataset").mkdir()
    import_sequences(OpenedUpload(file, Limits()), SequencesOptions(), folder / "dataset")
    return SequencesDataset.open(folder / "dataset")


def _compare(file: Path, folder: Path, seeds: list[int], models: list[str]) -> None:
    dataset = _imported(file, folder)
    print("| seed | model | Recall@5 | Recall@10 | MRR | CPU seconds |")
    print("|---|---|---|---|---|---|")
    for seed in seeds:
        split = split_sequences(dataset, Protocol("random", seed, 0.1, 0.2))
        scores: dict[str, Any] = {}
        for name in models:
            result, seconds = _trained(name, dataset, seed, folder)
            task = task_of(MODELS[name])
            scores = task.judge(result, task.split(dataset, Protocol("random", seed, 0.1, 0.2), folder))
            _row(seed, name, [scores[each] for each in ("recall@5", "recall@10", "mrr")], seconds)
            if name == "item2vec":
                own = result.ability(ContinuesSequence)
                cosine = _measured(split, lambda part, own=own: _cosine(own.inputs, part))
                _row(seed, "item2vec, cosine of input vectors", cosine)
        for baseline, of_baseline in scores["baselines"].items():
            _row(seed, baseline, [of_baseline[each] for each in ("recall@5", "recall@10", "mrr")])
        for name, settings in _RIVALS.items():
            started = time.process_time()
            inputs, outputs = _gensim(split.known, split.n_items, settings)
            seconds = time.process_time() - started
            _row(seed, f"{name}, cosine of input vectors", _measured(split, lambda part, i=inputs: _cosine(i, part)))
            product = _measured(split, lambda part, i=inputs, o=outputs: _means(i, part) @ o.T)
            _row(seed, f"{name}, input x output", product, seconds)


def _row(seed: int, name: str, values: Any, seconds: float | None = None) -> None:
    took = "" if seconds is None else f"{seconds:.0f}"
    print(f"| {seed} | {name} | {' | '.join(f'{value:.3f}' for value in values)} | {took} |", flush=True)


def _trained(name: str, dataset: SequencesDataset, seed: int, folder: Path) -> tuple[Any, float]:
    model = MODELS[name]
    parameters = model.defaults(dataset.imported.counts).model_copy(update={"seed": seed})
    parts = task_of(model).split(dataset, Protocol("random", seed, 0.1, 0.2), folder)
    # Of this process and its single thread: other work on the machine does not count.
    started = time.process_time()
    with tempfile.TemporaryDirectory() as scratch:
        result = model.train(parts.learned, parameters, QuietContext(Path(scratch)))
    return result, time.process_time() - started


def _measured(split: SequencesSplit, score: Any) -> Any:
    test = split.test
    ranks = next_ranks(score, test.histories, test.targets, split.n_items, with_history=split.with_history)
    return measures(ranks).mean(axis=0)


def _means(vectors: Any, part: Histories) -> Any:
    return (part.matrix(len(vectors)) @ vectors) / np.maximum(part.lengths, 1)[:, np.newaxis]


def _cosine(vectors: Any, part: Histories) -> Any:
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return (_means(units, part) @ units.T).astype(np.float32)


def _gensim(sequences: Histories, n_items: int, settings: dict[str, Any]) -> tuple[Any, Any]:
    from gensim.models import Word2Vec

    several = [[str(item) for item in sequences.one(row)] for row in np.flatnonzero(sequences.lengths > 1).tolist()]
    model = Word2Vec(several, vector_size=32, sg=1, min_count=1, seed=1, workers=1, negative=10, **settings)
    tables = np.zeros((2, n_items, 32), np.float32)
    for word, place in model.wv.key_to_index.items():
        tables[0, int(word)], tables[1, int(word)] = model.wv.vectors[place], model.syn1neg[place]
    return tables[0], tables[1]


if __name__ == "__main__":
    main()
