"""Lookup of a typed key: an exact match, or an error that suggests the closest spellings."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError, shorten
from embedlab.exploration.asking.search import fold, search_index

_LONGEST_COMPARED = 100
_LONGEST_SHOWN = 60
_LEAST_SIMILARITY = 0.5
# Parts of long names (a title without its year) are compared only for texts that are long enough to be meaningful.
_SHORTEST_PART = 4
_LEAST_PARTIAL_SIMILARITY = 80


def closest_names(text: str, names: Sequence[str], n: int = 5, folded: Sequence[str] | None = None) -> list[str]:
    """Return at most `n` different `names` with the closest spelling to `text`, the closest first.

    Case and accents are ignored. Closeness is the optimal string alignment similarity (one minus the edits over the
    longer length; swapping two adjacent letters is one edit); names that contain a similar part fill the rest. Ties
    keep the order of `names`.

    Parameters
    ----------
    folded
        `names` normalized for comparison, if this list exists already.

    Notes
    -----
    Boytsov, L. (2011). Indexing methods for approximate dictionary searching. https://doi.org/10.1145/1963190.1963191
    """
    query = fold(text[:_LONGEST_COMPARED])
    if not query or n < 1:
        return []
    folded = [fold(name) for name in names] if folded is None else folded
    # More than n, since several rows may have the same name.
    matches = process.extract(
        query, folded, scorer=OSA.normalized_similarity, processor=None, limit=4 * n, score_cutoff=_LEAST_SIMILARITY
    )
    closest = dict.fromkeys(names[row] for _, _, row in matches)
    if len(closest) < n and len(query) >= _SHORTEST_PART:
        parts = process.extract(
            query,
            folded,
            scorer=fuzz.partial_ratio,
            processor=None,
            limit=4 * n,
            score_cutoff=_LEAST_PARTIAL_SIMILARITY,
        )
        closest |= dict.fromkeys(names[row] for _, _, row in parts if len(folded[row]) >= _SHORTEST_PART)
    return list(closest)[:n]


def closest_spellings(embedding: Embedding, text: str, n: int = 5) -> list[str]:
    """Return at most `n` labels of the embedding (its keys if it has no labels) with the closest spelling to `text`.

    See `closest_names` for the measure.
    """
    index = search_index(embedding)
    return closest_names(text, embedding.labels, n, index.folded_labels)


def unknown(what: str, text: str, spellings: Sequence[str]) -> NotFoundError:
    """Return the error for a name that does not exist, with the closest spellings as its remedy."""
    suggestions = ", ".join(shorten(spelling, _LONGEST_SHOWN) for spelling in spellings)
    remedy = f"Closest spellings: {suggestions}." if suggestions else "No spelling is close; search for a part of it."
    return NotFoundError(what, received=text, remedy=remedy)


def name_of(embedding: Embedding, key: str) -> str:
    """Return a name that `find_key` resolves to `key`: its label, or the key itself if the label is ambiguous."""
    label = embedding.label(key)
    return label if find_key(embedding, label) == key else key


def find_key(embedding: Embedding, text: str) -> str:
    """Return the key for `text`: a key, or else a label (for equal labels the first, most frequent one).

    Raises
    ------
    NotFoundError
        It is neither a key nor a label; the remedy suggests the closest spellings.
    """
    if text in embedding.key_to_index:
        return text
    row = search_index(embedding).label_to_index.get(text)
    if row is None:
        raise unknown("The key is not in the vocabulary.", text, closest_spellings(embedding, text))
    return embedding.keys[row]
