"""Labeled documents about the sea and about towns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embedlab.core.kind import Kind
from embedlab.kinds.text.dataset import TextDataset, TextOptions, import_text
from embedlab.models.contract.abilities import Classifies, PlacesText, PlacesWord
from embedlab.reading.sources import Limits
from tests.subjects.base import Subject


def text(folder: Path, rows: Sequence[str] | None = None) -> TextDataset:
    """Import documents given as `label<TAB>words`."""
    (folder / "set").mkdir(parents=True)
    (folder / "in.tsv").write_text("\n".join(text_rows() if rows is None else rows) + "\n", encoding="utf-8")
    options = TextOptions(layout="delimited", delimiter="\t", has_header=False, text_column=1, label_column=0)
    import_text(folder / "in.tsv", options, folder / "set", limits=Limits())
    return TextDataset.open(folder / "set")


def text_rows() -> list[str]:
    """Return sixty documents with one of two labels."""
    rng = np.random.default_rng(0)
    pools = {"sea": ["ship", "wave", "harbour", "sail", "salt"], "town": ["tram", "street", "market", "house", "park"]}
    shared = ["the", "and", "of", "with", "near"]
    return [
        f"{label}\t{' '.join([*rng.choice(pools[label], 6), *rng.choice(shared, 3)])}"
        for label in rng.permutation(["sea", "town"] * 30).tolist()
    ]


def _vectors_of_texts(ability: PlacesText) -> np.ndarray:
    return np.stack([ability.vector(words) for words in (["ship", "wave"], ["tram"], ["unheardof"])])


def _vector_of_a_word(ability: PlacesWord) -> np.ndarray:
    vector = ability.vector("harbours")
    assert vector is not None
    return vector


SUBJECT = Subject(
    Kind.TEXT,
    "the cat sat on the mat\nand the dog ran to the park\n" * 5,
    {"documents": 300, "tokens": 60_000, "vocabulary": 7000, "labels": 3},
    text,
    hostile={
        "one-word": ["a\tword"] * 12,
        "equal-documents": ["a\tship wave sail", "b\tship wave sail"] * 10,
        "one-document": ["a\tship wave sail harbour"],
        "two-words": [f"{label}\tship wave" for label in "ab" * 10],
    },
    questions={
        Classifies: lambda ability: ability.predict([["ship", "wave"], ["tram", "unheardof"], []]),
        PlacesText: _vectors_of_texts,
        PlacesWord: _vector_of_a_word,
    },
    fixed=("labels",),
)
