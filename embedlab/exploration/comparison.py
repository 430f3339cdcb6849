"""The same question to several embeddings: what each answers, and how much of it they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.core.similarity import Answer, checked_topn
from embedlab.exploration.asking.analogies import parse_expression
from embedlab.exploration.asking.means import neighbors_of_mean
from embedlab.exploration.asking.search import search_index
from embedlab.exploration.asking.spelling import closest_spellings, unknown

#: More columns could not be read beside each other.
MOST_EMBEDDINGS = 6


@dataclass(frozen=True)
class Column:
    """What one embedding answers.

    Parameters
    ----------
    answers
        The best first; none where something is missing.
    shared_with
        For each answer the numbers of the other columns that give it too.
    missing
        Terms of the question that this embedding does not know, each with the closest spellings it does know.
    refused
        Why it cannot answer although it knows all terms, or nothing.
    """

    answers: tuple[Answer, ...] = ()
    shared_with: tuple[tuple[int, ...], ...] = ()
    missing: tuple[tuple[str, tuple[str, ...]], ...] = ()
    refused: str = ""


@dataclass(frozen=True)
class Overlap:
    """How much two columns share: the Jaccard index of their answers, shared ones over different ones in both."""

    first: int
    second: int
    n_shared: int
    n_union: int

    @property
    def jaccard(self) -> float:
        """0 (nothing shared) to 1 (the same answers)."""
        return self.n_shared / self.n_union if self.n_union else 0.0


@dataclass(frozen=True)
class SideBySide:
    """The columns, in the order of the embeddings, and the overlap of every two that answer."""

    columns: tuple[Column, ...]
    overlaps: tuple[Overlap, ...]


def counterpart(embedding: Embedding, key: str, other: Embedding) -> str | None:
    """Return the key of `other` that means the same as `key` of `embedding`, or None.

    Keys are the same when what people read for them is: film number 1 of two datasets may be two films. Where one side
    has no labels its keys are compared with the other's keys, then with its labels.
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


def ask_side_by_side(embeddings: Sequence[Embedding], question: str, topn: int = 10) -> SideBySide:
    """Ask several embeddings the same question.

    Parameters
    ----------
    embeddings
        One to `MOST_EMBEDDINGS`.
    question
        A key or label, or an expression of them such as ``king - man + woman`` (see `analogies`).
    topn
        How many answers of each.

    Raises
    ------
    InputError
        The question cannot be read.
    NotFoundError
        No embedding knows a term; the remedy offers the closest spellings of the first.
    TooLargeError
        Too many embeddings.
    """
    if not 1 <= len(embeddings) <= MOST_EMBEDDINGS:
        raise TooLargeError(
            f"One to {MOST_EMBEDDINGS} embeddings can be asked side by side.", received=f"{len(embeddings)} embeddings"
        )
    checked_topn(topn)
    expression = parse_expression(question, lambda name: any(_known(each, name) is not None for each in embeddings))
    terms = [(term, 1.0) for term in expression.positive] + [(term, -1.0) for term in expression.negative]
    places = [_placed(embeddings, term) for term, _ in terms]
    asked = [
        _ask(embedding, [(term, place[number]) for (term, _), place in zip(terms, places, strict=True)], terms, topn)
        for number, embedding in enumerate(embeddings)
    ]
    return _compared(embeddings, asked)


def _known(embedding: Embedding, text: str) -> str | None:
    """Return the key that `text` names, or None."""
    if text in embedding.key_to_index:
        return text
    row = search_index(embedding).label_to_index.get(text)
    return None if row is None else embedding.keys[row]


def _placed(embeddings: Sequence[Embedding], term: str) -> list[str | None]:
    """Return the key of a term in every embedding: what the first that knows it means by it."""
    for owner in embeddings:
        key = _known(owner, term)
        if key is not None:
            return [counterpart(owner, key, other) for other in embeddings]
    what = "No embedding knows this key." if len(embeddings) > 1 else "The key is not in the vocabulary."
    raise unknown(what, term, closest_spellings(embeddings[0], term))


def _ask(
    embedding: Embedding, found: Sequence[tuple[str, str | None]], terms: Sequence[tuple[str, float]], topn: int
) -> Column:
    missing = dict.fromkeys(term for term, key in found if key is None)
    if missing:
        return Column(missing=tuple((term, tuple(closest_spellings(embedding, term, 3))) for term in missing))
    keys = [key for _, key in found if key is not None]
    try:
        return Column(tuple(neighbors_of_mean(embedding, keys, [weight for _, weight in terms], topn)))
    except NotFoundError:
        raise
    except InputError as error:
        return Column(refused=error.what)


def _compared(embeddings: Sequence[Embedding], columns: Sequence[Column]) -> SideBySide:
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
