"""From what a person typed to a key, or to the keys to choose from. No Streamlit here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from embedlab.core.embedding import Embedding
from embedlab.core.plain import one_line
from embedlab.exploration.asking.analogies import Expression, parse_expression
from embedlab.exploration.asking.search import Found, fold, search, search_index
from embedlab.exploration.asking.spelling import closest_names, closest_spellings, name_of

#: How many names are offered below a search box.
N_OFFERED = 6
# Enough to see every film that bears the same title.
_N_SEARCHED = 24
LONGEST_TEXT = 200


@dataclass(frozen=True)
class Finding:
    """What a typed text names.

    Parameters
    ----------
    key
        The one key it names, or None.
    offers
        Keys to choose from instead: names that begin so, names spelled like it, or several that bear this name.
    is_known
        Whether the offers fit the text, and are not just spelled like it.
    is_ambiguous
        Whether several keys bear exactly this name.
    """

    key: str | None
    offers: tuple[Found, ...] = ()
    is_known: bool = True
    is_ambiguous: bool = False


def shown(embedding: Embedding, key: str) -> str:
    """Return how a key is written into a search box: its label as one harmless line."""
    return one_line(embedding.label(key), LONGEST_TEXT)


def find(embedding: Embedding, text: str, chosen: str | None = None) -> Finding:
    """Tell what `text` names.

    An exact key or label comes before one that differs in case or accents. Where several keys bear the name (films of
    the same title), `chosen` decides if it is one of them; else none is taken and all are offered.
    """
    text = text.strip()[:LONGEST_TEXT]
    if not text:
        return Finding(None)
    if chosen in embedding.key_to_index and text == shown(embedding, chosen):
        return Finding(chosen, _others(search(embedding, text, _N_SEARCHED), chosen, text))
    found = search(embedding, text, _N_SEARCHED)
    bearers = [each for each in found if text in (each.key, each.label)] or [
        each for each in found if fold(text) in (fold(each.key), fold(each.label))
    ]
    if len(bearers) == 1:
        return Finding(bearers[0].key, _others(found, bearers[0].key, text))
    if bearers:
        return Finding(None, tuple(bearers), is_ambiguous=True)
    if found:
        return Finding(None, tuple(found[:N_OFFERED]))
    spelled = closest_spellings(embedding, text, N_OFFERED)
    return Finding(None, tuple(_named(embedding, name) for name in spelled), is_known=False)


def _others(found: list[Found], key: str, text: str) -> tuple[Found, ...]:
    """Return the finds besides `key` in which a word begins as the text does: what somebody may go on typing."""
    query = fold(text)
    names = ((each, f" {fold(each.label)}") for each in found if each.key != key)
    return tuple(each for each, name in names if f" {query}" in name)[:N_OFFERED]


def _named(embedding: Embedding, name: str) -> Found:
    row = embedding.key_to_index.get(name)
    if row is None or embedding.labels[row] != name:
        row = search_index(embedding).label_to_index.get(name, row or 0)
    return Found(embedding.keys[row], embedding.labels[row], row)


def find_among(names: list[str], text: str, n: int = N_OFFERED) -> tuple[str | None, list[str]]:
    """Return which of `names` the text is (or None), and the names that begin so, hold it, or are spelled like it."""
    text = text.strip()[:LONGEST_TEXT]
    query = fold(text)
    if not query:
        return None, []
    folded = [fold(name) for name in names]
    exact = text if text in names else None
    fitting = [name for name, each in zip(names, folded, strict=True) if each.startswith(query)]
    fitting += [name for name, each in zip(names, folded, strict=True) if query in each and not each.startswith(query)]
    offered = [name for name in fitting if name != exact] or ([] if exact else closest_names(text, names, n, folded))
    return exact, offered[:n]


@dataclass(frozen=True)
class Question:
    """An expression as it was understood.

    Parameters
    ----------
    text
        The expression, with names that differed only in case or accents put right.
    expression
        Its terms.
    unknown
        The terms that are not in the vocabulary, each with the names to choose from instead.
    """

    text: str
    expression: Expression
    unknown: tuple[tuple[str, tuple[Found, ...]], ...] = ()


def understand(embedding: Embedding, text: str) -> Question:
    """Take an expression apart and look up its terms; raises `InputError` when it cannot be read."""
    index = search_index(embedding)

    def is_known(name: str) -> bool:
        return name in embedding.key_to_index or name in index.label_to_index

    parsed = parse_expression(text, is_known)
    unknown: list[tuple[str, tuple[Found, ...]]] = []
    for term in dict.fromkeys((*parsed.positive, *parsed.negative)):
        if is_known(term):
            continue
        finding = find(embedding, term)
        if finding.key is None:
            unknown.append((term, finding.offers))
        else:
            text = respelled(text, term, name_of(embedding, finding.key))
    return Question(text, parse_expression(text, is_known), tuple(unknown))


def respelled(text: str, term: str, name: str) -> str:
    """Return an expression in which `term` is replaced by `name`, wherever it stands as a whole term."""
    whole = rf'(?<!\S)"?{re.escape(term)}"?(?!\S)'
    return re.sub(whole, lambda _: name, text)
