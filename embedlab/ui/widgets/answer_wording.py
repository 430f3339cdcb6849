"""Texts about keys and answers."""

from __future__ import annotations

from embedlab.core.embedding import Embedding
from embedlab.core.plain import one_line
from embedlab.core.roles import noun as noun
from embedlab.exploration.asking.analogies import Expression
from embedlab.exploration.asking.search import search_index
from embedlab.exploration.asking.spelling import find_key
from embedlab.ui.shell.plain import plain

COSINE = (
    "Cosine similarity compares directions: **1** is the same direction, **0** nothing in common, **-1** the opposite "
    "direction. Vector length does not matter."
)


def display_name(embedding: Embedding, key: str, longest: int = 80) -> str:
    """Return the display name of a key on one line: its label, plus the key if several keys share the label."""
    label = embedding.label(key)
    is_shared = label in search_index(embedding).shared_labels
    return f"{one_line(label, longest)} · {one_line(key, 20)}" if is_shared else one_line(label, longest)


def bold(embedding: Embedding, key: str) -> str:
    """Return the display name of a key in bold, as Markdown."""
    return f"**{plain(display_name(embedding, key))}**"


def in_words(embedding: Embedding, expression: Expression) -> str:
    """Return an expression as a sentence in Markdown; its terms must be in the vocabulary."""
    added = [bold(embedding, find_key(embedding, term)) for term in expression.positive]
    subtracted = [bold(embedding, find_key(embedding, term)) for term in expression.negative]
    steps = [f"start from {added[0]}"] if added else ["start from zero"]
    steps += [f"subtract {each}" for each in subtracted]
    steps += [f"add {each}" for each in added[1:]]
    sentence = ", ".join(steps)
    return f"{sentence[0].upper()}{sentence[1:]}. What is nearby?"


def with_article(noun: str) -> str:
    """Return a noun with its indefinite article.

    Examples
    --------
    >>> with_article("image"), with_article("word"), with_article("user")
    ('an image', 'a word', 'a user')
    """
    return f"{'an' if noun[:1] in 'aeio' else 'a'} {noun}"


def rank_text(rank: int) -> str:
    """Return a rank among the nearest neighbors in words.

    Examples
    --------
    >>> [rank_text(rank) for rank in (1, 2, 3, 11, 22, 113)]
    ['the nearest', 'the 2nd nearest', 'the 3rd nearest', 'the 11th nearest', 'the 22nd nearest', 'the 113th nearest']
    """
    return "the nearest" if rank == 1 else f"the {ordinal(rank)} nearest"


def ordinal(number: int) -> str:
    """Return a rank as text: 1st, 22nd, 1,013th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
