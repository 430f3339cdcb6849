"""Answers in plain words."""

from __future__ import annotations

from embedlab.core.embedding import Embedding
from embedlab.core.plain import one_line
from embedlab.core.roles import noun as noun
from embedlab.exploration.asking.analogies import Expression
from embedlab.exploration.asking.search import search_index
from embedlab.exploration.asking.spelling import find_key
from embedlab.ui.shell.plain import plain

COSINE = (
    "Cosine similarity compares directions: **1** points the same way, **0** has nothing in common, "
    "**-1** points the opposite way. How long the vectors are does not count."
)


def called(embedding: Embedding, key: str, longest: int = 80) -> str:
    """Return how a key is called, as one line: its label, with the key where several bear that label."""
    label = embedding.label(key)
    is_shared = label in search_index(embedding).shared_labels
    return f"{one_line(label, longest)} · {one_line(key, 20)}" if is_shared else one_line(label, longest)


def bold(embedding: Embedding, key: str) -> str:
    """Return how a key is called in bold, as Markdown."""
    return f"**{plain(called(embedding, key))}**"


def in_words(embedding: Embedding, expression: Expression) -> str:
    """Return what an expression asks for, as a sentence in Markdown; its terms must be known."""
    added = [bold(embedding, find_key(embedding, term)) for term in expression.positive]
    taken = [bold(embedding, find_key(embedding, term)) for term in expression.negative]
    steps = [f"start at {added[0]}"] if added else ["start at nothing"]
    steps += [f"take away {each}" for each in taken]
    steps += [f"add {each}" for each in added[1:]]
    sentence = ", ".join(steps)
    return f"{sentence[0].upper()}{sentence[1:]}: what is near there?"


def place(rank: int) -> str:
    """Return a place among the nearest.

    Examples
    --------
    >>> [place(rank) for rank in (1, 2, 3, 11, 22, 113)]
    ['the nearest', 'the 2nd nearest', 'the 3rd nearest', 'the 11th nearest', 'the 22nd nearest', 'the 113th nearest']
    """
    if rank == 1:
        return "the nearest"
    ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"the {rank:,}{ending} nearest"
