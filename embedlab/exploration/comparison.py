"""The same query to several embeddings: the answers of each, and their overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from embedlab.core.counts import key_counts
from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.core.similarity import Answer, checked_topn
from embedlab.exploration.asking.analogies import parse_expression
from embedlab.exploration.asking.means import neighbors_of_mean
from embedlab.exploration.asking.search import search_index
from embedlab.exploration.asking.spelling import closest_spellings, unknown

#: More columns would be too narrow to read.
MOST_EMBEDDINGS = 6


@dataclass(frozen=True)
class Column:
    """The answers of one embedding.

    Parameters
    ----------
    answers
        The best first; empty if a term is missing.
    shared_with
        For each answer the numbers of the other columns that contain it.
    missing
        Terms that are not in the vocabulary of this embedding, each with the closest spellings.
    refused
        Why it cannot answer although it knows all terms; empty otherwise.
    """

    answers: tuple[Answer, ...] = ()
    shared_with: tuple[tuple[int, ...], ...] = ()
    missing: tuple[tuple[str, tuple[str, ...]], ...] = ()
    refused: str = ""


@dataclass(frozen=True)
class Overlap:
    """The overlap of the answers in two columns, with their Jaccard index."""

    first: int
    second: int
    n_shared: int
    n_union: int

    @property
    def jaccard(self) -> float:
        """Jaccard index: 0 (nothing shared) to 1 (the same answers)."""
        return self.n_shared / self.n_union if self.n_union else 0.0


@dataclass(frozen=True)
class SideBySide:
    """The columns, in the order of the embeddings, and the overlap of every pair that answers."""

    columns: tuple[Column, ...]
    overlaps: tuple[Overlap, ...]


def counterpart(embedding: Embedding, key: str, other: Embedding) -> str | None:
    """Return the key of `other` that means the same as `key` of `embedding`, or None.

    Keys match if their labels are equal: film number 1 of two datasets may be two films. If one side has no labels, its
    keys are compared with the other's keys, then with its labels.
    """
    label = embedding.label(key)
    same_key = key in other.key_to_index
    if same_key and other.label(key) == label:
        return key
    row = search_index(other).label_to_index.get(label)
    if row is not None:
        return other.keys[row]
    if same_key and (label == key or other.label(key) == key):
        return key
    return label if label in other.key_to_index else None


def ask_side_by_side(embeddings: Sequence[Embedding], question: str, topn: int = 10, min_count: int = 0) -> SideBySide:
    """Send the same query to several embeddings.

    Parameters
    ----------
    embeddings
        One to `MOST_EMBEDDINGS`.
    question
        A key or label, or an expression of them such as ``king - man + woman`` (see `analogies`).
    topn
        Number of answers from each.
    min_count
        Only keys with at least this count are answers; embeddings without counts answer with all their keys.

    Raises
    ------
    InputError
        The query cannot be parsed.
    NotFoundError
        No embedding knows a term; the remedy suggests the closest spellings in the first.
    TooLargeError
        There are too many embeddings.
    """
    if not 1 <= len(embeddings) <= MOST_EMBEDDINGS:
        raise TooLargeError(
            f"You can query one to {MOST_EMBEDDINGS} embeddings side by side.", received=f"{len(embeddings)} embeddings"
        )
    checked_topn(topn)
    expression = parse_expression(question, lambda name: any(_find_key(each, name) is not None for each in embeddings))
    terms = [(term, 1.0) for term in expression.positive] + [(term, -1.0) for term in expression.negative]
    term_keys = [_keys_of_term(embeddings, term) for term, _ in terms]
    columns = [
        _ask(
            embedding,
            [(term, keys[number]) for (term, _), keys in zip(terms, term_keys, strict=True)],
            terms,
            topn,
            0 if key_counts(embedding) is None else min_count,
        )
        for number, embedding in enumerate(embeddings)
    ]
    return _with_overlaps(embeddings, columns)


def _find_key(embedding: Embedding, text: str) -> str | None:
    """Return the key for `text`, or None."""
    if text in embedding.key_to_index:
        return text
    row = search_index(embedding).label_to_index.get(text)
    return None if row is None else embedding.keys[row]


def _keys_of_term(embeddings: Sequence[Embedding], term: str) -> list[str | None]:
    """Return the key of a term in every embedding, as defined by the first embedding that knows it."""
    for owner in embeddings:
        key = _find_key(owner, term)
        if key is not None:
            return [counterpart(owner, key, other) for other in embeddings]
    what = "No embedding knows this key." if len(embeddings) > 1 else "The key is not in the vocabulary."
    raise unknown(what, term, closest_spellings(embeddings[0], term))


def _ask(
    embedding: Embedding,
    resolved: Sequence[tuple[str, str | None]],
    terms: Sequence[tuple[str, float]],
    topn: int,
    min_count: int,
) -> Column:
    missing = dict.fromkeys(term for term, key in resolved if key is None)
    if missing:
        return Column(missing=tuple((term, tuple(closest_spellings(embedding, term, 3))) for term in missing))
    keys = [key for _, key in resolved if key is not None]
    try:
        return Column(tuple(neighbors_of_mean(embedding, keys, [weight for _, weight in terms], topn, min_count)))
    except NotFoundError:
        raise
    except InputError as error:
        return Column(refused=error.what)


def _with_overlaps(embeddings: Sequence[Embedding], columns: Sequence[Column]) -> SideBySide:
    shared: list[list[set[int]]] = [[set() for _ in column.answers] for column in columns]
    overlaps = []
    for first, second in combinations(range(len(columns)), 2):
        one, other = columns[first].answers, columns[second].answers
        if not one or not other:
            continue
        place = {answer.key: at for at, answer in enumerate(other)}
        matched = set()
        for at, answer in enumerate(one):
            key = counterpart(embeddings[first], answer.key, embeddings[second])
            if key in place and key not in matched:
                matched.add(key)
                shared[first][at].add(second)
                shared[second][place[key]].add(first)
        overlaps.append(Overlap(first, second, len(matched), len(one) + len(other) - len(matched)))
    marked = tuple(
        Column(column.answers, tuple(tuple(sorted(others)) for others in marks), column.missing, column.refused)
        for column, marks in zip(columns, shared, strict=True)
    )
    return SideBySide(marked, tuple(overlaps))
