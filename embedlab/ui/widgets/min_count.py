"""The minimum count of answers: rarer ones are muted, or left out on request; both are in the URL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from embedlab.core.counts import LARGEST_MIN_COUNT, count_of, counted_noun, default_min_count, key_counts
from embedlab.core.embedding import Embedding
from embedlab.core.roles import role
from embedlab.core.similarity import Answer
from embedlab.ui.widgets import address
from embedlab.ui.widgets.wording import counted

_MIN_COUNT, _RARE, _LEFT_OUT = "min_count", "rare", "left-out"


@dataclass(frozen=True)
class Rarity:
    """Which answers are too rare to trust, and what to do with them.

    Parameters
    ----------
    threshold
        Answers with a lower or unknown count are rare; 0 if none is.
    is_left_out
        Whether rare answers are left out of the search instead of muted.
    what
        Plural noun for what is counted.
    """

    threshold: int = 0
    is_left_out: bool = False
    what: str = "occurrences"

    @property
    def min_count(self) -> int:
        """The minimum count of the search."""
        return self.threshold if self.is_left_out else 0

    def muted(self, embedding: Embedding, answers: Sequence[Answer]) -> list[bool]:
        """Return for each answer whether it is shown muted."""
        if self.threshold == 0:
            return [False] * len(answers)
        return [(count_of(embedding, answer.key) or 0) < self.threshold for answer in answers]

    def sentence(self, n_muted: int) -> str:
        """Return what happens to rare answers, in Markdown; empty if nothing does."""
        if self.threshold == 0:
            return ""
        limit = f"fewer than {counted(self.threshold, self.what)}"
        if self.is_left_out:
            return f"Left out: those with {limit}."
        return f"Muted: {n_muted} with {limit}. The vectors of rare ones are uncertain." if n_muted else ""


def counts_text(embedding: Embedding, answers: Sequence[Answer], what: str) -> list[str]:
    """Return the count of each answer in words; empty where it is unknown."""
    counts = [count_of(embedding, answer.key) for answer in answers]
    return ["" if count is None else counted(count, what) for count in counts]


def parse_min_count(text: str | None, default: int) -> int:
    """Return the minimum count in the URL; `default` if there is none or it is invalid."""
    if text is None or not (text.isascii() and text.isdecimal()) or int(text[:12]) > LARGEST_MIN_COUNT:
        return default
    return int(text)


def read_rarity(role_name: str, embedding: Embedding) -> Rarity:
    """Return the minimum count that applies to an embedding, without drawing anything."""
    what = counted_noun(embedding, role_name)
    if key_counts(embedding) is None:
        return Rarity(what=what)
    threshold = parse_min_count(address.read(_MIN_COUNT), default_min_count(embedding, role_name))
    return Rarity(threshold, address.read(_RARE) == _LEFT_OUT, what)


def min_count_control(role_name: str, embedding: Embedding) -> Rarity:
    """Draw the minimum count and whether rarer answers are left out; nothing for an embedding without counts."""
    rarity = read_rarity(role_name, embedding)
    if key_counts(embedding) is None:
        return rarity
    nouns = role(role_name).plural
    number, toggle = "min-count:number", "min-count:left-out"
    st.session_state[number], st.session_state[toggle] = rarity.threshold, rarity.is_left_out
    st.number_input(
        f"Minimum {rarity.what}",
        0,
        LARGEST_MIN_COUNT,
        step=1,
        key=number,
        help=f"{nouns.capitalize()} with fewer {rarity.what} are muted in the list, since their vectors are uncertain.",
        on_change=lambda: address.write(_MIN_COUNT, str(st.session_state[number])),
    )
    st.toggle(
        f"Leave out rarer {nouns}",
        key=toggle,
        on_change=lambda: address.write(_RARE, _LEFT_OUT if st.session_state[toggle] else None),
    )
    return rarity
