"""The roles of embeddings: what the keys of an embedding are, and how it is shown and evaluated.

An embedding's name is its role. Names that are not in the table get generic values: a model may add a role without a
change here, and an entry only improves its wording.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

_LAST = 1000
#: Ends the name of an embedding of the words of a column.
_OF_WORDS = "_words"
#: A longer name of a column does not fit into a sentence.
_LONGEST_NOUN = 40


@dataclass(frozen=True)
class Role:
    """Properties of all embeddings with one name.

    Parameters
    ----------
    name
        `words`, `documents`, ...: the name of the embedding in the catalog.
    singular, plural
        Nouns for its keys.
    order
        Rank among the embeddings of one run: the lowest is shown first.
    live_order
        Rank among the embeddings of one snapshot, in the live picture of a training.
    evaluation_order
        Rank among the embeddings of one run that checks and word pairs can evaluate; None if they cannot evaluate it.
    english
        Whether the keys may be English words, so that the word pairs and analogies of gensim apply too.
    starts_text
        Whether text models can start from its vectors.
    color_columns
        The metadata columns of which the first that exists initially colors a map; without any, clusters do.
    counted
        Plural noun for what the `count` of a key counts.
    rare_below
        The count below which a vector is too uncertain to trust on large data; 0 if any count will do.
    mark
        A metadata column and the value of it that maps mark by a shape: `("mistake", "mistake")`.
    label_first
        Whether the first metadata column, if it is text, is the label and has the name of the user's column.
    raw_map
        Whether vectors of two dimensions are a map already, inside the unit circle, which is drawn.
    caution
        What to know about neighbors by cosine similarity, in one or two sentences; empty: nothing.
    shape_column
        The metadata column whose values initially have shapes on a map; empty: all points are circles.
    """

    name: str
    singular: str
    plural: str
    order: int = _LAST
    live_order: int = _LAST
    evaluation_order: int | None = None
    english: bool = True
    starts_text: bool = False
    color_columns: tuple[str, ...] = ("class", "genres", "genre", "category", "effect", "effect %")
    counted: str = "occurrences"
    rare_below: int = 0
    mark: tuple[str, str] | None = None
    label_first: bool = False
    raw_map: bool = False
    caution: str = ""
    shape_column: str = ""


#: Known roles by name.
ROLES: Mapping[str, Role] = {
    role.name: role
    for role in (
        Role(
            "documents",
            "document",
            "documents",
            order=0,
            live_order=2,
            english=False,
            counted="words",
            label_first=True,
        ),
        Role("words", "word", "words", order=1, live_order=0, evaluation_order=0, starts_text=True, rare_below=10),
        Role(
            "items",
            "item",
            "items",
            order=2,
            live_order=1,
            evaluation_order=1,
            english=False,
            counted="ratings",
            rare_below=20,
        ),
        Role(
            "item_inputs",
            "item",
            "items",
            order=4,
            live_order=4,
            english=False,
            counted="ratings",
            rare_below=20,
        ),
        Role(
            "sequence_items",
            "item",
            "items",
            order=2,
            live_order=1,
            evaluation_order=1,
            english=False,
            counted="events",
            rare_below=20,
        ),
        Role("next_items", "item", "items", order=4, live_order=4, english=False, counted="events", rare_below=20),
        Role("users", "user", "users", order=3, live_order=3, english=False, counted="ratings", rare_below=20),
        Role(
            "features",
            "feature",
            "features",
            order=4,
            live_order=4,
            english=False,
            color_columns=("column", "side"),
            counted="items",
        ),
        Role(
            "rows",
            "row",
            "rows",
            order=0,
            live_order=0,
            english=False,
            counted="rows",
            label_first=True,
        ),
        Role("columns", "column", "columns", order=8, live_order=8, english=False, counted="rows"),
        Role(
            "images",
            "image",
            "images",
            order=0,
            live_order=0,
            english=False,
            color_columns=("class", "predicted", "part"),
            mark=("mistake", "mistake"),
            shape_column="mistake",
        ),
        Role("pixels", "pixel", "pixels", order=8, live_order=8, english=False, color_columns=("mean",)),
        Role("classes", "label", "labels", order=5, live_order=5, english=False, counted="examples"),
        Role(
            "things",
            "thing",
            "things",
            order=2,
            live_order=1,
            english=False,
            color_columns=("kind",),
            counted="pairs",
            shape_column="kind",
        ),
        Role("tags", "tag", "tags", order=6, live_order=6, english=False, counted="documents"),
        Role(
            "nodes",
            "node",
            "nodes",
            order=0,
            live_order=0,
            evaluation_order=3,
            english=False,
            color_columns=("class", "community", "group", "club", "category", "type"),
            counted="links",
            label_first=True,
        ),
        Role(
            "hyperbolic_nodes",
            "node",
            "nodes",
            order=0,
            live_order=0,
            evaluation_order=4,
            english=False,
            color_columns=("class", "community", "group", "category", "type"),
            counted="links",
            label_first=True,
            raw_map=True,
            caution="Cosine similarity compares directions, not distances in the disc: a node and its descendants are "
            "similar. “Most likely new links” uses the Poincare distance.",
        ),
        Role("vectors", "key", "keys", order=7, live_order=7, evaluation_order=2, starts_text=True),
    )
}


def role(name: str) -> Role:
    """Return the role of embeddings of a name; one with generic values for a name that is not known.

    Embeddings of an unknown name are judged by the dataset's own checks and files, and by no test of English words.
    """
    if name in ROLES:
        return ROLES[name]
    # The categories of a table come before the words of its texts.
    order = _LAST + name.endswith(_OF_WORDS)
    return Role(name, *_nouns(name), order=order, evaluation_order=_LAST, english=False)


def _nouns(name: str) -> tuple[str, str]:
    """Return singular and plural for the keys of an embedding that has the name of a column, such as `zip_code`."""
    spelled = name.replace("_", " ").strip()
    if name.endswith(_OF_WORDS):
        return "word", "words"
    # A plural is the name of things, whose singular is not known.
    if not spelled or spelled.endswith("s") or len(spelled) > _LONGEST_NOUN:
        return "key", "keys"
    return spelled, f"values of {spelled}"


def is_map(name: str, vector_size: int) -> bool:
    """Return whether the vectors of an embedding are the places of its keys in a disc, so that no projection is needed.

    Examples
    --------
    >>> is_map("hyperbolic_nodes", 2), is_map("hyperbolic_nodes", 5), is_map("words", 2)
    (True, False, False)
    """
    return role(name).raw_map and vector_size == 2


def border_of(name: str, vector_size: int, method: str) -> float | None:
    """Return the radius of the circle around the origin that a map has: that of a Poincare disc; None for others.

    Examples
    --------
    >>> border_of("hyperbolic_nodes", 2, "raw"), border_of("hyperbolic_nodes", 2, "pca"), border_of("words", 2, "raw")
    (1.0, None, None)
    """
    return 1.0 if is_map(name, vector_size) and method == "raw" else None


def first_color(name: str, metadata: pd.DataFrame) -> str | None:
    """Return the metadata column that initially colors the map of an embedding; None if there is none."""
    known, columns = role(name), [str(column) for column in metadata.columns]
    named = next((column for column in known.color_columns if column in columns), None)
    if named is not None or not columns or not known.label_first:
        return named
    return None if pd.api.types.is_numeric_dtype(metadata.iloc[:, 0]) else columns[0]


def noun(name: str, n: int = 1) -> str:
    """Return the noun for `n` keys of an embedding with a name.

    Examples
    --------
    >>> noun("classes"), noun("users", 2), noun("colors", 2), noun("zip_code")
    ('label', 'users', 'keys', 'zip code')
    """
    known = role(name)
    return known.singular if n == 1 else known.plural


def heading(name: str) -> str:
    """Return the name of an embedding as a heading.

    Examples
    --------
    >>> heading("users"), heading("item_inputs")
    ('Users', 'Item inputs')
    """
    return name.replace("_", " ").capitalize()


def display_order(n_keys: Mapping[str, int]) -> list[str]:
    """Return the names of embeddings of one run in display order: by role, then the one with the most keys first.

    Examples
    --------
    >>> display_order({"weekday": 7, "advert_words": 900, "zipcode": 70})
    ['zipcode', 'weekday', 'advert_words']
    """
    return sorted(n_keys, key=lambda name: (role(name).order, -n_keys[name], name))


def default_embedding(n_keys: Mapping[str, int]) -> str | None:
    """Return the name of the embedding of a run that is shown first; None if there is none."""
    return next(iter(display_order(n_keys)), None)


def live_embedding(n_keys: Mapping[str, int]) -> str | None:
    """Return the name of the embedding that is shown during training; None if there is none.

    Where the roles do not say which, it is the one that is shown first afterwards.

    Examples
    --------
    >>> live_embedding({"documents": 9, "words": 5}), live_embedding({"weekday": 7, "zipcode": 70})
    ('words', 'zipcode')
    """
    return min(display_order(n_keys), key=lambda name: role(name).live_order, default=None)


def evaluated_embedding(names: Iterable[str]) -> str | None:
    """Return the name of the embedding of a run that word tests, checks and files evaluate; None if there is none."""
    orders = {name: order for name in names if (order := role(name).evaluation_order) is not None}
    return min(orders, key=orders.__getitem__, default=None)


def text_start_roles() -> tuple[str, ...]:
    """Return the names of embeddings that text models can start from."""
    return tuple(role.name for role in ROLES.values() if role.starts_text)
