"""Sequences with planted structure, and trainings on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from embedlab.kinds.protocols import Protocol
from embedlab.kinds.sequences import SequencesDataset, SequencesOptions, import_sequences
from embedlab.models.contract.base import QuietContext, TrainingResult
from embedlab.models.registry import MODELS
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.tasks.registry import task_of

PROTOCOL = Protocol("random", 0, 0.1, 0.2)


def dataset_of(folder: Path, lines: list[str]) -> SequencesDataset:
    """Import sequences of items separated by spaces."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lines").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "dataset").mkdir()
    upload = OpenedUpload(folder / "lines", Limits())
    import_sequences(upload, SequencesOptions(shape="lines", delimiter=" "), folder / "dataset")
    return SequencesDataset.open(folder / "dataset")


def cycle_lines(n: int = 200, n_items: int = 8) -> list[str]:
    """Return sequences in which item k is always followed by item k + 1, and the last one by the first."""
    random = np.random.default_rng(0)
    starts, lengths = random.integers(0, n_items, n).tolist(), random.integers(2, n_items, n).tolist()
    return [
        " ".join(f"i{(start + step) % n_items}" for step in range(length))
        for start, length in zip(starts, lengths, strict=True)
    ]


def pair_lines(n: int = 800) -> list[str]:
    """Return sets of other items, of which half have both `salt` and `pepper` too; neither is bought alone."""
    random = np.random.default_rng(1)
    lines = []
    for _ in range(n):
        items = [f"other{row}" for row in random.permutation(20)[:3].tolist()]
        if random.random() < 0.3:
            items += ["salt", "pepper"]
        lines.append(" ".join(random.permutation(items).tolist()))
    return lines


def trained(name: str, dataset: SequencesDataset, scratch: Path, **parameters: Any) -> tuple[TrainingResult, Any]:
    """Train a model; return the result and its scores on the test part."""
    model = MODELS[name]
    values = {**model.defaults(dataset.imported.counts).model_dump(), **parameters}
    parts = task_of(model).split(dataset, PROTOCOL, scratch)
    scratch.mkdir(exist_ok=True)
    result = model.train(parts.learned, model.parameters_class.checked(values), QuietContext(scratch))
    return result, task_of(model).judge(result, parts)


def nearest(result: TrainingResult, key: str) -> str:
    """Return the key with the highest cosine."""
    embedding = result.embeddings["sequence_items"]
    cosines = embedding.unit_vectors @ embedding.unit_vectors[embedding.index(key)]
    cosines[embedding.index(key)] = -np.inf
    return embedding.keys[int(np.argmax(cosines))]
