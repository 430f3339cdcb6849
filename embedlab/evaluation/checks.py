"""Checks: a user's expectations of an embedding, written as short sentences.

Grammar (keywords in any case)::

    check  = term "near" term ["within" number]
           | term "far" "from" term ["beyond" number]
           | term "nearer" ["to"] term "than" ["to"] term
    term   = words, or anything in double quotes

`hotel near resort within 20`, `hotel far from Brazil`, `hotel nearer resort than Brazil`. Quote a term that contains a
keyword: `"The Far Country" near "Winchester '73"`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, TooLargeError
from embedlab.evaluation.lookup import RowLookup

#: Near means among this many nearest keys by default.
NEAR = 10
#: Far means beyond this many nearest keys, or beyond a tenth of a small vocabulary.
FAR = 100
LONGEST_CHECK = 300
MOST_CHECKS = 500

_TOKEN = re.compile(r'"([^"]*)"|(\S+)')
_LARGEST_BOUND = 1_000_000


@dataclass(frozen=True)
class Check:
    """One expectation.

    Parameters
    ----------
    relation
        near, far or nearer.
    word, other
        `word` is near, far from, or nearer to `other`.
    than
        The term that `word` is less near to; only for nearer.
    bound
        Number of nearest keys that near and far refer to; None for `NEAR` and `FAR`.
    """

    relation: Literal["near", "far", "nearer"]
    word: str
    other: str
    than: str = ""
    bound: int | None = None

    def __str__(self) -> str:
        word, other = _quoted(self.word), _quoted(self.other)
        if self.relation == "nearer":
            return f"{word} nearer {other} than {_quoted(self.than)}"
        if self.relation == "near":
            return f"{word} near {other}" + (f" within {self.bound}" if self.bound is not None else "")
        return f"{word} far from {other}" + (f" beyond {self.bound}" if self.bound is not None else "")


_GRAMMAR = {"near", "far", "from", "nearer", "to", "than", "within", "beyond"}


def _quoted(term: str) -> str:
    return f'"{term}"' if _GRAMMAR & set(term.lower().split()) else term


def examples(keys: tuple[str, str, str] = ("hotel", "resort", "Brazil")) -> list[str]:
    """Return one check of each form, about a key, a similar one and a different one."""
    key, similar, different = keys
    return [
        str(Check("near", key, similar)),
        str(Check("near", key, similar, bound=2 * NEAR)),
        str(Check("far", key, different)),
        str(Check("nearer", key, similar, different)),
    ]


_REMEDY = f"Write for example: {'; '.join(examples())}."


@dataclass(frozen=True)
class _Token:
    text: str
    is_quoted: bool

    @property
    def keyword(self) -> str:
        return "" if self.is_quoted else self.text.lower()


def parse_check(text: str) -> Check:
    """Parse a check; see the module for the grammar.

    Raises
    ------
    InputError
        The text is not a check, or compares a word with itself.
    TooLargeError
        It is longer than `LONGEST_CHECK`.
    """
    if len(text) > LONGEST_CHECK:
        raise TooLargeError(f"A check may have at most {LONGEST_CHECK} characters.", received=f"{len(text)} characters")
    tokens = [_Token(found[1] or found[2] or "", found[2] is None) for found in _TOKEN.finditer(text)]
    if any(token.keyword.startswith('"') for token in tokens):
        raise _unreadable("A double quote is not closed.", text)
    place = next((at for at, token in enumerate(tokens) if token.keyword in {"near", "far", "nearer"}), None)
    if place is None:
        raise _unreadable("A check needs near, far from, or nearer.", text)
    relation = tokens[place].keyword
    rest: Sequence[_Token] = tokens[place + 1 :]
    word = _term(tokens[:place], text)
    if relation == "nearer":
        check = _nearer(word, rest, text)
    elif relation == "near":
        rest, bound = _bound(rest, "within", text)
        check = Check("near", word, _term(_without(rest, "to"), text), bound=bound)
    else:
        if not rest or rest[0].keyword != "from":
            raise _unreadable("“far” must be followed by “from”.", text)
        rest, bound = _bound(rest[1:], "beyond", text)
        check = Check("far", word, _term(rest, text), bound=bound)
    if check.other in {check.word, check.than} or check.word == check.than:
        raise _unreadable("A check needs different words.", text)
    return check


def _nearer(word: str, rest: Sequence[_Token], text: str) -> Check:
    place = next((at for at, token in enumerate(rest) if token.keyword == "than"), None)
    if place is None:
        raise _unreadable("“nearer” needs “than”.", text)
    other, than = _without(rest[:place], "to"), _without(rest[place + 1 :], "to")
    return Check("nearer", word, _term(other, text), _term(than, text))


def _without(tokens: Sequence[_Token], keyword: str) -> Sequence[_Token]:
    return tokens[1:] if tokens and tokens[0].keyword == keyword else tokens


def _bound(tokens: Sequence[_Token], keyword: str, text: str) -> tuple[Sequence[_Token], int | None]:
    place = next((at for at, token in enumerate(tokens) if token.keyword == keyword), None)
    if place is None:
        return tokens, None
    number = " ".join(token.text for token in tokens[place + 1 :])
    if not re.fullmatch(r"[0-9]{1,7}", number) or not 1 <= int(number) <= _LARGEST_BOUND:
        raise _unreadable(f"“{keyword}” needs a whole number from 1 to {_LARGEST_BOUND:,}.", text)
    return tokens[:place], int(number)


def _term(tokens: Sequence[_Token], text: str) -> str:
    if any(token.keyword in _GRAMMAR for token in tokens):
        raise _unreadable("Put a name that contains a keyword in double quotes.", text)
    term = " ".join(token.text for token in tokens).strip()
    if not term:
        raise _unreadable("A word is missing.", text)
    return term


def _unreadable(what: str, text: str) -> InputError:
    return InputError(what, received=text, remedy=_REMEDY)


def run_check(embedding: Embedding, check: Check, lookup: RowLookup | None = None) -> dict[str, Any]:
    """Run one check.

    Returns
    -------
    ``{"check", "passed", "said"}``: the sentence, whether it passed (None if a word is unknown), and the numbers that
    decided: the rank of `other` among the nearest keys of `word`, and the cosine similarities.
    """
    row_of = lookup or RowLookup(embedding)
    terms = [term for term in (check.word, check.other, check.than) if term]
    rows = [row_of(term) for term in terms]
    unknown = [term for term, row in zip(terms, rows, strict=True) if row is None]
    if unknown:
        return {"check": str(check), "passed": None, "said": f"Not in the vocabulary: {', '.join(unknown)}"}
    known = [row for row in rows if row is not None]
    unit = np.asarray(embedding.vectors[known[0]]) / embedding.norms[known[0]]
    cosines = np.asarray(embedding.vectors) @ unit / embedding.norms
    if check.relation == "nearer":
        near, than = (float(np.clip(cosines[row], -1, 1)) for row in known[1:])
        numbers = f"cosine {near:.3f} versus {than:.3f}"
        return {"check": str(check), "passed": near > than, "said": numbers}
    cosine = float(cosines[known[1]])
    # Equally near keys share the best rank.
    cosines[known[0]] = -np.inf
    rank = int((cosines > cosine).sum()) + 1
    n_others = embedding.n_keys - 1
    bound = check.bound or (NEAR if check.relation == "near" else max(1, min(FAR, n_others // 10)))
    passed = rank <= bound if check.relation == "near" else rank > bound
    required = f"at most {bound:,}" if check.relation == "near" else f"more than {bound:,}"
    numbers = f"rank {rank:,} of {n_others:,} (required: {required}), cosine {np.clip(cosine, -1, 1):.3f}"
    return {"check": str(check), "passed": passed, "said": numbers}


def score_checks(embedding: Embedding, checks: Sequence[Check], lookup: RowLookup | None = None) -> dict[str, Any]:
    """Return the share of checks that pass, with each result.

    Returns
    -------
    ``{"score", "passed", "covered", "of", "results"}``; the score is None if no check has all its words in the
    vocabulary. There is no interval: the checks are not a sample of anything.
    """
    row_of = lookup or RowLookup(embedding)
    results = [run_check(embedding, check, row_of) for check in checks]
    decided = [result["passed"] for result in results if result["passed"] is not None]
    return {
        "score": sum(decided) / len(decided) if decided else None,
        "passed": sum(decided),
        "covered": len(decided),
        "of": len(results),
        "results": results,
    }
