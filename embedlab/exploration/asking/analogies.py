"""Vector arithmetic: expressions such as `king - man + woman`.

Grammar: terms joined by the operators ``+`` and ``-``. An operator has white space (or an end of the line) on both
sides, so `new-york` and `c++` are terms; a sign may also directly precede the first term. A term is a key or a label
and may contain spaces. If a longer part, operators included, is itself a name (`Romeo + Juliet`), it is one term: the
longest name wins. A term in double quotes is read literally: `"romeo + juliet" - comedy`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, TooLargeError
from embedlab.core.similarity import Answer, answers, unit_vectors
from embedlab.exploration.asking.search import search_index
from embedlab.exploration.asking.spelling import find_key

LONGEST_EXPRESSION = 2000
MOST_TERMS = 50

# The last is the typographic minus, which word processors substitute for the hyphen.
_OPERATOR = re.compile(r"(?:(?<=\s)|^)([+\-\u2212])(?=\s|$)")
_QUOTED = re.compile(r'"([^"]+)"(?=\s+[+\-\u2212](?:\s|$)|\s*$)')
_EXAMPLE = "Write for example: king - man + woman."


@dataclass(frozen=True)
class Expression:
    """A parsed expression: the added and the subtracted terms, in their order."""

    positive: tuple[str, ...]
    negative: tuple[str, ...] = ()


def _never(term: str) -> bool:
    del term
    return False


def parse_expression(text: str, is_known: Callable[[str], bool] = _never) -> Expression:
    """Parse an expression.

    Parameters
    ----------
    text
        At most `LONGEST_EXPRESSION` characters and `MOST_TERMS` terms.
    is_known
        Whether a text is a name, for names that contain operators.

    Raises
    ------
    InputError
        There is no term, two operators follow each other, or the expression ends with one.
    TooLargeError
        It is too long.
    """
    if len(text) > LONGEST_EXPRESSION:
        raise TooLargeError(
            f"An expression may have at most {LONGEST_EXPRESSION} characters.", received=f"{len(text)} characters"
        )
    reader = _Reader(text, is_known)
    terms = reader.terms()
    if len(terms) > MOST_TERMS:
        raise TooLargeError(f"An expression may have at most {MOST_TERMS} terms.", received=f"{len(terms)} terms")
    return Expression(
        tuple(term for sign, term in terms if sign == "+"), tuple(term for sign, term in terms if sign == "-")
    )


class _Reader:
    """Reads an expression from left to right."""

    def __init__(self, text: str, is_known: Callable[[str], bool]) -> None:
        self.text = text.strip()
        self.is_known = is_known
        self.position = 0

    def terms(self) -> list[tuple[str, str]]:
        """Return sign and text of every term."""
        if not self.text:
            raise InputError("The expression is empty.", remedy=_EXAMPLE)
        terms = [(self._first_sign(), self._term())]
        while self.position < len(self.text):
            # A term ends only before an operator, so there is one here.
            terms.append((self._sign_at(self.position), self._term()))
        return terms

    def _sign_at(self, position: int) -> str:
        sign = self.text[position]
        self._move_to(position + 1)
        return "+" if sign == "+" else "-"

    def _first_sign(self) -> str:
        spaced = _OPERATOR.match(self.text)
        glued = re.match(r"[+\-\u2212](?=\S)", self.text)
        if self._longest_name() or not (spaced or glued):
            return "+"
        return self._sign_at(0)

    def _move_to(self, position: int) -> None:
        rest = self.text[position:]
        self.position = position + len(rest) - len(rest.lstrip())

    def _ends(self) -> list[int]:
        """Return the possible ends of a term that starts here: before each later operator, or at the end."""
        starts = [match.start() for match in _OPERATOR.finditer(self.text, self.position)]
        return [*(start for start in starts if start > self.position), len(self.text)]

    def _longest_name(self) -> int | None:
        """Return the end of the longest name that starts here, or None."""
        ends = self._ends()[: MOST_TERMS + 1]
        return next((end for end in reversed(ends) if self.is_known(self.text[self.position : end].rstrip())), None)

    def _term(self) -> str:
        end = self._longest_name()
        quoted = _QUOTED.match(self.text, self.position)
        if end is None and quoted is not None:
            self._move_to(quoted.end())
            return quoted[1]
        if end is None:
            self._refuse_missing_term()
            end = self._ends()[0]
        term = self.text[self.position : end].rstrip()
        self._move_to(end)
        return term

    def _refuse_missing_term(self) -> None:
        if self.position >= len(self.text):
            only = not re.search(r"[^\s+\-\u2212]", self.text)
            what = "The expression has only operators." if only else "The expression ends with an operator."
            raise InputError(what, received=self.text, remedy=_EXAMPLE)
        if _OPERATOR.match(self.text, self.position):
            only = not re.search(r"[^\s+\-\u2212]", self.text)
            what = "The expression has only operators." if only else "Two operators follow each other."
            raise InputError(what, received=self.text, remedy=f'{_EXAMPLE} Quote a name that is an operator: "+".')


def resolve_expression(embedding: Embedding, text: str) -> Expression:
    """Parse an expression and replace its terms by keys; raises as `analogy` does."""
    labels = search_index(embedding).label_to_index
    parsed = parse_expression(text, lambda name: name in embedding.key_to_index or name in labels)
    return Expression(
        tuple(find_key(embedding, term) for term in parsed.positive),
        tuple(find_key(embedding, term) for term in parsed.negative),
    )


def analogy(embedding: Embedding, expression: str, topn: int = 10, min_count: int = 0) -> list[Answer]:
    """Return the keys nearest to the sum of unit vectors in `expression`.

    Parameters
    ----------
    expression
        Such as ``king - man + woman``; see the module for the grammar. Terms are keys or labels.
    topn
        Number of answers, 1 to `MOST_ANSWERS`.
    min_count
        Leave out keys that occur, or are rated, less often.

    Returns
    -------
    Cosine similarities, the highest first; the expression's own keys are excluded. Equal to gensim's
    ``KeyedVectors.most_similar(positive, negative)``.

    Raises
    ------
    InputError
        The expression cannot be read, or its terms cancel out.
    NotFoundError
        A term is not in the vocabulary; the remedy suggests the closest spellings.

    Notes
    -----
    Mikolov, T., Yih, W., Zweig, G. (2013). Linguistic regularities in continuous space word representations. NAACL-HLT.
    """
    keys = resolve_expression(embedding, expression)
    if sorted(keys.positive) == sorted(keys.negative):
        raise InputError(
            "The terms cancel out, so there is nothing to search for.", received=expression, remedy="Remove a term."
        )
    rows = [embedding.index(key) for key in (*keys.positive, *keys.negative)]
    signs = np.array([1.0] * len(keys.positive) + [-1.0] * len(keys.negative), dtype=np.float32)
    return answers(embedding, signs @ unit_vectors(embedding, rows), topn, rows, min_count)
