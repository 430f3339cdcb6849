"""Example axes whose keys are all in the vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.core.similarity import unit_vectors
from embedlab.exploration.asking.search import search_index
from embedlab.projections.axis_expressions import difference

#: Ends of axes, low and high, that are familiar from the literature or from the samples.
_FAMILIAR: Final[Sequence[tuple[Sequence[str], Sequence[str]]]] = (
    (("he",), ("she",)),
    (("man", "boy", "his"), ("woman", "girl", "her")),
    (("bad", "worse", "worst"), ("good", "better", "best")),
    (("bad",), ("good",)),
    (("paris", "madrid", "rome"), ("france", "spain", "italy")),
    (("Paris", "Madrid", "Rome"), ("France", "Spain", "Italy")),
    (("war",), ("peace",)),
    (("small",), ("large",)),
    (("winter",), ("summer",)),
    (("poor",), ("rich",)),
    (("city",), ("country",)),
    (("red", "green", "blue"), ("one", "two", "three")),
    (("dinner",), ("breakfast",)),
)
_MOST_EXAMPLES = 4
#: Keys among which unlike pairs are searched if no familiar one exists.
_COMPARED = 60
#: The most frequent words are uninformative.
_SKIPPED, _SKIPPED_FROM = 100, 400


def name_in_formula(embedding: Embedding, key: str) -> str:
    """Return the name of a key for a formula: its label if only this key has it, else the key."""
    label = embedding.label(key)
    is_another_key = label != key and label in embedding.key_to_index
    return key if is_another_key or label in search_index(embedding).shared_labels else label


def axis_examples(embedding: Embedding) -> list[str]:
    """Return up to four expressions: familiar pairs and groups, else pairs of frequent keys that are unlike."""
    known = [
        difference(low, high) for low, high in _FAMILIAR if all(key in embedding.key_to_index for key in (*low, *high))
    ]
    return known[:_MOST_EXAMPLES] or _unlike_pairs(embedding)


def _unlike_pairs(embedding: Embedding) -> list[str]:
    """Return axes between frequent keys that are least similar, each key once."""
    start = _SKIPPED if embedding.n_keys >= _SKIPPED_FROM and not search_index(embedding).has_labels else 0
    rows = list(range(start, min(start + _COMPARED, embedding.n_keys)))
    try:
        units = unit_vectors(embedding, rows)
    except InputError:
        return []
    cosines = units @ units.T
    pairs = zip(*np.unravel_index(np.argsort(cosines, axis=None, kind="stable"), cosines.shape), strict=True)
    used: set[int] = set()
    examples: list[str] = []
    for one, other in islice(pairs, _COMPARED**2):
        if cosines[one, other] >= 1 - 1e-4 or len(examples) == _MOST_EXAMPLES // 2:
            break
        if used.isdisjoint((int(one), int(other))):
            used |= {int(one), int(other)}
            ends = [[name_in_formula(embedding, embedding.keys[rows[at]])] for at in (min(one, other), max(one, other))]
            examples.append(difference(*ends))
    return examples
