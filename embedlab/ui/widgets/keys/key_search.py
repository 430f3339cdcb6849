"""Search for keys by typed text. No Streamlit here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from embedlab.core.embedding import Embedding
from embedlab.core.plain import one_line
from embedlab.exploration.asking.analogies import Expression, parse_expression
from embedlab.exploration.asking.search import Found, fold, search, search_index
from embedlab.exploration.asking.spelling import closest_names, closest_spellings, name_of

#: Number of names offered below a search box.
N_OFFERED = 6
# Enough to include all films with the same title.
_N_SEARCHED = 24
LONGEST_TEXT = 200


@dataclass(frozen=True)
class Finding:
    """Result of looking up a typed text.

    Parameters
    ----------
    key
        The matching key, or None.
    offers
        Other keys to choose from: names with this prefix, similar spellings, or several keys with this name.
    is_known
        Whether the offers match the text and are not just similar spellings.
    is_ambiguous
        Whether several keys have exactly this name.
    """

    key: str | None
    offers: tuple[Found, ...] = ()
    is_known: bool = True
    is_ambiguous: bool = False


def shown(embedding: Embedding, key: str) -> str:
    """Return the text of a key in a search box: its label on one line, without control characters."""
    return one_line(embedding.label(key), LONGEST_TEXT)


def find(embedding: Embedding, text: str, chosen: str | None = None) -> Finding:
    """Look up `text`.

    An exact key or label takes precedence over one that differs in case or accents. If several keys have the name
    (films with the same title), `chosen` decides if it is one of them; otherwise all are offered.
    """
    text = text.strip()[:LONGEST_TEXT]
    if not text:
        return Finding(None)
    if chosen in embedding.key_to_index and text == shown(embedding, chosen):
        return Finding(chosen, _others(search(embedding, text, _N_SEARCHED), chosen, text))
    results = search(embedding, text, _N_SEARCHED)
    matches = [each for each in results if text in (each.key, each.label)] or [
        each for each in results if fold(text) in (fold(each.key), fold(each.label))
    ]
    if len(matches) == 1:
        return Finding(matches[0].key, _others(results, matches[0].key, text))
    if matches:
        return Finding(None, tuple(matches), is_ambiguous=True)
    if results:
        return Finding(None, tuple(results[:N_OFFERED]))
    spellings = closest_spellings(embedding, text, N_OFFERED)
    return Finding(None, tuple(_named(embedding, name) for name in spellings), is_known=False)


def _others(results: list[Found], key: str, text: str) -> tuple[Found, ...]:
    """Return the results other than `key` in which a word starts with the text: possible completions."""
    query = fold(text)
    names = ((each, f" {fold(each.label)}") for each in results if each.key != key)
    return tuple(each for each, name in names if f" {query}" in name)[:N_OFFERED]


def _named(embedding: Embedding, name: str) -> Found:
    row = embedding.key_to_index.get(name)
    if row is None or embedding.labels[row] != name:
        row = search_index(embedding).label_to_index.get(name, row or 0)
    return Found(embedding.keys[row], embedding.labels[row], row)


def find_among(names: list[str], text: str, n: int = N_OFFERED) -> tuple[str | None, list[str]]:
    """Return the name equal to the text (or None), and names that start with it, contain it, or are similar."""
    text = text.strip()[:LONGEST_TEXT]
    query = fold(text)
    if not query:
        return None, []
    folded = [fold(name) for name in names]
    exact = text if text in names else None
    matches = [name for name, each in zip(names, folded, strict=True) if each.startswith(query)]
    matches += [name for name, each in zip(names, folded, strict=True) if query in each and not each.startswith(query)]
    offered = [name for name in matches if name != exact] or ([] if exact else closest_names(text, names, n, folded))
    return exact, offered[:n]


@dataclass(frozen=True)
class Query:
    """A parsed expression.

    Parameters
    ----------
    text
        The expression, with the case and accents of names corrected.
    expression
        Its terms.
    unknown
        The terms outside the vocabulary, each with similar names to choose from.
    """

    text: str
    expression: Expression
    unknown: tuple[tuple[str, tuple[Found, ...]], ...] = ()


def parse_query(embedding: Embedding, text: str) -> Query:
    """Parse an expression and look up its terms; raises `InputError` if it is invalid."""
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
            text = replace_term(text, term, name_of(embedding, finding.key))
    return Query(text, parse_expression(text, is_known), tuple(unknown))


def replace_term(text: str, term: str, name: str) -> str:
    """Return an expression with every whole occurrence of `term` replaced by `name`."""
    pattern = rf'(?<!\S)"?{re.escape(term)}"?(?!\S)'
    return re.sub(pattern, lambda _: name, text)
