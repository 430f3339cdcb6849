"""Expressions over keys that define an axis: ``she - he``, ``mean(france, spain) - mean(paris, madrid)``.

Grammar::

    expression = ["-"] term {("+" | "-") term}
    term       = [number "*"] factor
    factor     = key | "mean(" expression {"," expression} ")" | "(" expression ")"
    key        = '"' any characters, with '"' doubled '"' | characters without spaces and + - * ( ) , "

Nothing is evaluated but this grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError

LONGEST_EXPRESSION: Final = 10_000
_DEEPEST: Final = 20
# The minus sign of typography is a minus too.
_TOKEN = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<sign>[-\u2212+*(),])|(?P<word>[^\s+\-\u2212*(),"]+))')
_TEXTS: Final[dict[str, Callable[[str], str]]] = {
    "quoted": lambda text: text.replace('""', '"'),
    "sign": lambda text: text.replace("\u2212", "-"),
    "word": str,
}
#: Products of nested numbers stay finite.
_LARGEST_NUMBER: Final = 1e6
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_HELP: Final = (
    "Write keys with + and -, such as: she - he, or: mean(france, spain) - mean(paris, madrid). Put names "
    "with spaces or punctuation into double quotes."
)
#: Keys that name an end of an axis; more would not fit beside a map.
_MOST_IN_END = 3
Reals = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AxisExpression:
    """A weighted sum of keys.

    Parameters
    ----------
    text
        As it was written.
    weights
        The weight of each key, in the order of their first appearance; keys whose weights cancel have 0.
    """

    text: str
    weights: dict[str, float] = field(default_factory=dict)

    @property
    def ends(self) -> tuple[str, str]:
        """Names of the low and of the high end: the keys with negative and with positive weights; may be empty."""
        return self._named(-1), self._named(1)

    def _named(self, sign: int) -> str:
        keys = [key for key, weight in self.weights.items() if sign * weight > 0]
        more = len(keys) - _MOST_IN_END
        return ", ".join(keys[:_MOST_IN_END]) + (f" and {more} more" if more > 0 else "")

    def direction(self, vector_of: Callable[[str], npt.ArrayLike]) -> Reals:
        """Return the `(vector_size,)` weighted sum of the keys' unit vectors, itself of length 1.

        Parameters
        ----------
        vector_of
            Returns the vector of a key; raises for an unknown key.

        Raises
        ------
        InputError
            The sum is zero, so it has no direction.
        """
        total: Reals | float = 0.0
        for key, weight in self.weights.items():
            vector = np.asarray(vector_of(key), dtype=np.float64)
            total = total + weight * vector / (np.linalg.norm(vector) or 1.0)
        length = float(np.linalg.norm(total))
        if length < 1e-9:
            raise InputError(
                "The axis has no direction: its vectors cancel each other.",
                received=self.text,
                remedy="Use keys with different vectors.",
            )
        return np.asarray(total) / length


def parse_axis(text: str) -> AxisExpression:
    """Parse an expression.

    Raises
    ------
    InputError
        It is empty, too long, or does not follow the grammar.
    """
    if len(text) > LONGEST_EXPRESSION:
        raise InputError(
            f"An axis may have at most {LONGEST_EXPRESSION:,} characters.", received=f"{len(text):,} characters"
        )
    parser = _Parser(text, _tokens(text))
    weights = parser.expression(0)
    if parser.place < len(parser.tokens):
        raise parser.refusal()
    return AxisExpression(text.strip(), weights)


def quoted(name: str) -> str:
    """Return a key as it is written in an expression.

    Examples
    --------
    >>> [quoted(name) for name in ("queen", "New York", 'a "b" c', "mean", "2")]
    ['queen', '"New York"', '"a ""b"" c"', 'mean', '2']
    """
    try:
        is_plain = parse_axis(name).weights == {name: 1.0}
    except InputError:
        is_plain = False
    return name if is_plain else '"{}"'.format(name.replace('"', '""'))


def difference(low: Sequence[str], high: Sequence[str]) -> str:
    """Return the expression of the axis from one group of keys to another; without `low`, towards `high`.

    Examples
    --------
    >>> difference(["he"], ["she"])
    'she - he'
    >>> difference(["paris", "rome"], ["france", "italy"])
    'mean(france, italy) - mean(paris, rome)'
    """
    return " - ".join(_mean(keys) for keys in (high, low) if keys)


def _mean(keys: Sequence[str]) -> str:
    return quoted(keys[0]) if len(keys) == 1 else f"mean({', '.join(map(quoted, keys))})"


def _tokens(text: str) -> list[tuple[str, str]]:
    """Return pairs of a kind (`sign`, `quoted`, `word`) and a text."""
    found, place = [], 0
    stripped = text.rstrip()
    while place < len(stripped):
        match = _TOKEN.match(stripped, place)
        if match is None:
            raise InputError("A double quote is not closed.", received=text, remedy=_HELP)
        kind = match.lastgroup or ""
        found.append((kind, _TEXTS[kind](match[kind])))
        place = match.end()
    return found


class _Parser:
    """Recursive descent; every method returns the weights of the keys it read."""

    def __init__(self, text: str, tokens: list[tuple[str, str]]) -> None:
        self.text, self.tokens, self.place = text, tokens, 0

    def refusal(self) -> InputError:
        if self.place < len(self.tokens):
            what = f"The axis cannot be understood at \u201c{self.tokens[self.place][1]}\u201d."
        else:
            what = "The axis is incomplete: a key is missing at the end."
        return InputError(what, received=self.text or "an empty axis", remedy=_HELP)

    def sign(self, *signs: str) -> str:
        """Return the next sign if it is one of these, and go on; else an empty text."""
        if self.place < len(self.tokens) and self.tokens[self.place] in [("sign", each) for each in signs]:
            self.place += 1
            return self.tokens[self.place - 1][1]
        return ""

    def expression(self, depth: int) -> dict[str, float]:
        if depth > _DEEPEST:
            raise InputError(
                "The axis has too many nested parentheses.", received=self.text, remedy=f"Use at most {_DEEPEST}."
            )
        total: dict[str, float] = {}
        sign = self.sign("-", "+") or "+"
        while sign:
            _add(total, self.term(depth), -1.0 if sign == "-" else 1.0)
            sign = self.sign("+", "-")
        return total

    def term(self, depth: int) -> dict[str, float]:
        factor = 1.0
        following = self.tokens[self.place + 1 : self.place + 2]
        if following == [("sign", "*")]:
            kind, number = self.tokens[self.place]
            if kind != "word" or not _NUMBER.fullmatch(number):
                raise self.refusal()
            factor = float(number)
            if factor > _LARGEST_NUMBER:
                raise InputError(f"A number of an axis is above {_LARGEST_NUMBER:,.0f}.", received=number)
            self.place += 2
        weights: dict[str, float] = {}
        _add(weights, self.factor(depth), factor)
        return weights

    def factor(self, depth: int) -> dict[str, float]:
        if self.sign("("):
            inner = self.expression(depth + 1)
            self.close()
            return inner
        if self.place >= len(self.tokens) or self.tokens[self.place][0] == "sign":
            raise self.refusal()
        kind, key = self.tokens[self.place]
        self.place += 1
        if kind == "word" and key == "mean" and self.sign("("):
            return self.mean(depth)
        if not key:
            self.place -= 1
            raise self.refusal()
        return {key: 1.0}

    def mean(self, depth: int) -> dict[str, float]:
        members = [self.expression(depth + 1)]
        while self.sign(","):
            members.append(self.expression(depth + 1))
        self.close()
        total: dict[str, float] = {}
        for member in members:
            _add(total, member, 1 / len(members))
        return total

    def close(self) -> None:
        if not self.sign(")"):
            raise self.refusal()


def _add(total: dict[str, float], weights: dict[str, float], factor: float) -> None:
    for key, weight in weights.items():
        total[key] = total.get(key, 0.0) + factor * weight
