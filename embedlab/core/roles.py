"""The roles of embeddings: what the keys of an embedding of a name are, and what follows from it.

An embedding's name is its role. One that is not in the table works with generic values: a model may add a role
without a change here, and an entry makes it read better.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LAST = 1000


@dataclass(frozen=True)
class Role:
    """What is known of all embeddings of one name.

    Parameters
    ----------
    name
        `words`, `documents`, ...: the name of the embedding in the catalog.
    singular, plural
        What its keys are called.
    order
        Place among the embeddings of one run: the lowest is shown first.
    live_order
        Place among those of one snapshot, in the picture of a training.
    judged_order
        Place among those of one run that may be judged by checks and files of pairs; None for what is never judged so.
    english
        Whether the keys may be English words, so that the word pairs and analogies of gensim judge it too.
    starts_text
        Whether models of text can start from its vectors.
    color_column
        The column of its metadata that a map is colored by at first, where there is one.
    """

    name: str
    singular: str
    plural: str
    order: int = _LAST
    live_order: int = _LAST
    judged_order: int | None = None
    english: bool = True
    starts_text: bool = False
    color_column: str = "class"


#: The known roles by name.
ROLES: Mapping[str, Role] = {
    role.name: role
    for role in (
        Role("documents", "document", "documents", order=0, live_order=2, english=False),
        Role("words", "word", "words", order=1, live_order=0, judged_order=0, starts_text=True),
        Role("items", "item", "items", order=2, live_order=1, judged_order=1, english=False),
        Role("users", "user", "users", order=3, live_order=3, english=False),
        Role("classes", "label", "labels", order=4, live_order=4, english=False),
        Role("tags", "tag", "tags", order=5, live_order=5, english=False),
        Role("vectors", "key", "keys", order=6, live_order=6, judged_order=2, starts_text=True),
    )
}


def role(name: str) -> Role:
    """Return the role of embeddings of a name; one with generic values for a name that is not known.

    Embeddings of an unknown name are judged by the dataset's own checks and files, and by no test of English words.
    """
    return ROLES.get(name) or Role(name, "key", "keys", judged_order=_LAST, english=False)


def noun(name: str, n: int = 1) -> str:
    """Return what one key, or several, of an embedding of a name are called.

    Examples
    --------
    >>> noun("classes"), noun("users", 2), noun("colors", 2)
    ('label', 'users', 'keys')
    """
    known = role(name)
    return known.singular if n == 1 else known.plural


def in_order(names: Iterable[str]) -> list[str]:
    """Return names of embeddings of one run, the one shown first at the beginning; equal ones keep their order."""
    return sorted(names, key=lambda name: role(name).order)


def first_shown(names: Iterable[str]) -> str | None:
    """Return which embedding of a run is shown first; None when there is none."""
    return next(iter(in_order(names)), None)


def shown_live(names: Iterable[str]) -> str | None:
    """Return which embedding is shown while it is trained; None when there is none."""
    return min(names, key=lambda name: role(name).live_order, default=None)


def judged(names: Iterable[str]) -> str | None:
    """Return which embedding of a run is judged by word tests, checks and files; None when none is."""
    orders = {name: order for name in names if (order := role(name).judged_order) is not None}
    return min(orders, key=orders.__getitem__, default=None)


def starting_text() -> tuple[str, ...]:
    """Return the names of embeddings that models of text can start from."""
    return tuple(role.name for role in ROLES.values() if role.starts_text)
