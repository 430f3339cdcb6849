"""Names of clusters, from what is already known about their keys: metadata, the words of labels, or the keys."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.core.plain import one_line
from embedlab.exploration.stop_words import stop_words

_MOST_PARTS = 3
_LONGEST_PART, _LONGEST_NAME = 24, 28
#: Labels with at least this many words (the median) are texts, and are named by their words.
_WORDS_OF_A_TEXT = 4
#: A metadata column names clusters if its values repeat: each occurs on average at least this often.
_FEWEST_OF_A_VALUE = 3
_MOST_VALUES = 500
#: Up to this many different values are compared with their share in all clusters.
_FEW_VALUES = 60
#: The most rows whose values and words are counted.
_MOST_READ = 200_000
#: Among the members of a cluster, its name comes from this share of the most frequent ones.
_FREQUENT_SHARE, _FEWEST_FREQUENT, _MOST_FREQUENT = 0.1, 8, 60
_WORD = re.compile(r"[^\W\d_]{3,}")
_SHORTEST_STEM = 4
#: Weight of the cosine to the own center, next to its margin over that to other centers.
_CLOSENESS = 0.5

Rows = npt.NDArray[np.int64]
Reals = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Grouping:
    """One layer of groups to name.

    Parameters
    ----------
    assigned
        `(n,)` group of each row, from 0.
    own, margin
        `(n,)` cosine of each row to its own center, and by how much it exceeds that to the nearest other center.
    """

    assigned: Rows
    own: Reals
    margin: Reals


def layer_names(embedding: Embedding, rows: Rows, layers: Sequence[Grouping], left_out: str = "") -> list[list[str]]:
    """Return the names of the groups of each layer; no two names of a layer are equal.

    The typical values of a metadata column whose values repeat (genres, classes), by c-TF-IDF; otherwise the typical
    words of labels that are texts, by c-TF-IDF; otherwise frequent keys near the center and far from other centers.
    Parts of one coarser group are compared with each other, so that their names say how they differ.

    Parameters
    ----------
    rows
        `(n,)` rows of the embedding that belong to a group.
    layers
        The layers, the coarsest first.
    left_out
        A metadata column that names no groups.

    Notes
    -----
    Grootendorst, M. (2022). BERTopic: class-based TF-IDF. https://arxiv.org/abs/2203.05794
    """
    # Above this many rows, every second (third, ...) row says what is typical.
    step = max(1, -(-len(rows) // _MOST_READ))
    bags = _category_bags(embedding.metadata.drop(columns=left_out, errors="ignore"), rows[::step])
    if bags is None:
        bags = _word_bags([embedding.labels[row] for row in rows[::step]])
    frequency = _by_frequency(embedding, rows)
    named: list[list[str]] = []
    for number, layer in enumerate(layers):
        typical = _typical_members(embedding, rows, layer, frequency)
        parts = typical
        if bags is not None:
            assigned = layer.assigned[::step]
            coarser = layers[number - 1].assigned[::step] if number else np.zeros_like(assigned)
            parts = _typical_of_siblings(bags, assigned, coarser, len(typical))
        names = [_joined(values) or _joined(members) for values, members in zip(parts, typical, strict=True)]
        named.append(_unique(names, typical))
    return named


def _typical_of_siblings(
    bags: Sequence[Sequence[str]], assigned: Rows, coarser: Rows, n_groups: int
) -> list[list[str]]:
    """Return the typical values of each group among the parts of the same coarser group; an only part among all."""
    overall = typical_values(bags, assigned)
    parts: list[list[str]] = [*overall, *([] for _ in range(n_groups - len(overall)))]
    for parent in np.unique(coarser):
        inside = np.flatnonzero(coarser == parent)
        groups, renumbered = np.unique(assigned[inside], return_inverse=True)
        if len(groups) < 2:
            continue
        for group, values in zip(groups, typical_values([bags[at] for at in inside.tolist()], renumbered), strict=True):
            parts[group] = values
    return parts


def typical_values(bags: Sequence[Sequence[str]], assigned: Rows) -> list[list[str]]:
    """Return for each cluster the values that are most typical of it, the most typical first.

    With many values, such as words, by c-TF-IDF: the weight of value t in cluster c is
    `tf(t, c) / size(c) * log(1 + A / f(t))`, where `f(t)` is the frequency of t in all clusters and `A` the average
    number of values per cluster. With few, such as genres, almost every value occurs in every cluster, which the
    logarithm hardly lowers; there the weight is the value's part of the Kullback-Leibler divergence,
    `p(t | c) * log(p(t | c) / p(t))`.
    """
    counts: list[Counter[str]] = [Counter() for _ in range(int(assigned.max()) + 1)]
    for values, cluster in zip(bags, assigned.tolist(), strict=True):
        counts[cluster].update(values)
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    n_values = max(1, total.total())
    average, is_few = n_values / len(counts), len(total) <= _FEW_VALUES
    ranked = []
    for each in counts:
        size = max(1, each.total())
        weights = {
            value: count / size * (np.log(count * n_values / (size * total[value])))
            if is_few
            else count / size * np.log1p(average / total[value])
            for value, count in each.items()
        }
        order = sorted(weights, key=lambda value: (-weights[value], value))
        # Values that are rarer here than elsewhere say nothing, unless there is nothing else.
        ranked.append([value for value in order if weights[value] > 0] or order[:1])
    return ranked


def _category_bags(metadata: pd.DataFrame, rows: Rows) -> list[list[str]] | None:
    """Return the values of each row in the first column whose values repeat; None if there is none."""
    for name in metadata.columns:
        series = metadata[name]
        if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_datetime64_any_dtype(series):
            continue
        bags = [_values(value) for value in series.iloc[rows]]
        counts = Counter(value for bag in bags for value in bag)
        if 1 < len(counts) <= _MOST_VALUES and counts.total() >= _FEWEST_OF_A_VALUE * len(counts):
            return bags
    return None


def _values(cell: Any) -> list[str]:
    if isinstance(cell, (list, tuple, np.ndarray)):
        return [value for each in cell for value in _values(each)]
    if cell is None or cell is pd.NA or cell != cell:
        return []
    return [value.strip() for value in str(cell).split("|") if value.strip()]


def _word_bags(labels: Sequence[str]) -> list[list[str]] | None:
    """Return the words of each label without stop words; None if the labels are not texts."""
    words = [_WORD.findall(label.lower()) for label in labels]
    if np.median([len(each) for each in words]) < _WORDS_OF_A_TEXT:
        return None
    counts = Counter(word for each in words for word in each)
    stops = stop_words([word for word, _ in counts.most_common()])
    return [[word for word in each if word not in stops and counts[word] > 1] for each in words]


def _by_frequency(embedding: Embedding, rows: Rows) -> Rows:
    """Return the positions in `rows`, the most frequent key first."""
    if COUNT_COLUMN in embedding.metadata.columns and pd.api.types.is_numeric_dtype(embedding.metadata[COUNT_COLUMN]):
        counts = embedding.metadata[COUNT_COLUMN].to_numpy(dtype=np.float64, na_value=0)[rows]
        return np.argsort(-counts, kind="stable")
    return np.arange(len(rows))


def _typical_members(embedding: Embedding, rows: Rows, layer: Grouping, frequency: Rows) -> list[list[str]]:
    by_group = frequency[np.argsort(layer.assigned[frequency], kind="stable")]
    ends = np.cumsum(np.bincount(layer.assigned))
    typical = []
    for members in np.split(by_group, ends[:-1]):
        n_frequent = int(np.clip(_FREQUENT_SHARE * len(members), _FEWEST_FREQUENT, _MOST_FREQUENT))
        frequent = members[:n_frequent]
        # From 1 for the most frequent member to 0: rare words near the center mean little to a reader.
        commonness = 1 - np.log1p(np.arange(n_frequent)) / np.log1p(n_frequent)
        scores = (layer.margin[frequent] + _CLOSENESS * layer.own[frequent]) * (1 + commonness[: len(frequent)])
        best = frequent[np.argsort(-scores, kind="stable")]
        typical.append([embedding.labels[rows[member]] for member in best])
    return typical


def _joined(values: Iterable[str]) -> str:
    """Join the first values that differ by more than an ending, up to the longest name."""
    parts: list[str] = []
    values = [one_line(value, _LONGEST_PART) for value in values]
    # Numbers and signs name nothing, unless there is nothing else.
    for value in [each for each in values if _WORD.search(each)] or values:
        if len(parts) == _MOST_PARTS:
            break
        if value and not any(_same_stem(value, part) for part in parts):
            if parts and len(", ".join([*parts, value])) > _LONGEST_NAME:
                break
            parts.append(value)
    return ", ".join(parts)


def _same_stem(a: str, b: str) -> bool:
    a, b = a.casefold(), b.casefold()
    shared = min(len(a), len(b), max(_SHORTEST_STEM, min(len(a), len(b)) - 1))
    return a == b or (shared >= _SHORTEST_STEM and a[:shared] == b[:shared])


def _unique(names: list[str], typical: list[list[str]]) -> list[str]:
    """Distinguish equal names by a typical member, then by a number."""
    counts = Counter(names)
    distinct = [
        f"{name} ({one_line(members[0], _LONGEST_PART)})" if counts[name] > 1 and members else name
        for name, members in zip(names, typical, strict=True)
    ]
    seen: Counter[str] = Counter()
    unique = []
    for name in distinct:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return unique
