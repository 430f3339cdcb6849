"""Questions to begin with, made of what is in the vocabulary."""

from __future__ import annotations

from embedlab.core.embedding import Embedding
from embedlab.core.plain import one_line
from embedlab.exploration.asking.analogies import Expression, parse_expression
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.exploration.asking.spelling import name_of

# Known from the papers, and from the samples.
_FAMILIAR = (
    "king - man + woman",
    "paris - france + italy",
    "Paris - France + Italy",
    "walking - walk + swim",
    "better - good + bad",
    "queen - woman + man",
)
_TELLING = ("king", "hotel", "happy", "paris", "Paris", "music", "doctor", "coffee", "football", "river", "money")
_PROPORTIONS = (
    ("man", "king", "woman"),
    ("france", "paris", "italy"),
    ("France", "Paris", "Italy"),
    ("walk", "walking", "swim"),
    ("good", "better", "bad"),
)
_ODD = (
    ("breakfast", "cereal", "dinner", "lunch"),
    ("red", "green", "blue", "table"),
    ("king", "queen", "prince", "tea"),
)
_N_EXAMPLES = 4
_N_KEYS = 6
_LONGEST = 60


def first_keys(embedding: Embedding) -> list[str]:
    """Return a few keys worth asking about: telling words where they are known, else the most frequent keys."""
    known = [word for word in _TELLING if word in embedding.key_to_index]
    if len(known) >= _N_KEYS or embedding.labels[0] != embedding.keys[0]:
        return (known if embedding.labels[0] == embedding.keys[0] else list(embedding.keys))[:_N_KEYS]
    # The most frequent words say little.
    start = 0 if embedding.n_keys < 200 else 100
    readable = [key for key in embedding.keys[start : start + 60] if key.isalpha() and len(key) > 3]
    return list(dict.fromkeys([*known, *(readable or embedding.keys)]))[:_N_KEYS]


def expressions(embedding: Embedding) -> list[str]:
    """Return a few expressions of which every term is known; sums of frequent keys where no familiar one is."""
    known = [text for text in _FAMILIAR if _is_known(embedding, parse_expression(text))]
    if known:
        return known[:_N_EXAMPLES]
    labels = [_term(embedding, key) for key in first_keys(embedding)]
    pairs = zip(labels[::2], labels[1::2], strict=False)
    return [f"{first} + {second}" for first, second in pairs][: _N_EXAMPLES - 1]


def _term(embedding: Embedding, key: str) -> str:
    """Return a name of a key that an expression can hold; a long one gives way to the key."""
    name = name_of(embedding, key)
    return name if one_line(name, _LONGEST) == name else key


def _is_known(embedding: Embedding, expression: Expression) -> bool:
    return all(term in embedding.key_to_index for term in (*expression.positive, *expression.negative))


def groups(embedding: Embedding, n_groups: int, n_keys: int) -> list[str]:
    """Return a few keys each with its nearest, group after group: `n_groups` times `n_keys` different keys at most."""
    chosen: dict[str, None] = {}
    for key in first_keys(embedding):
        if len(chosen) >= n_groups * n_keys:
            break
        if key not in chosen:
            # Some may belong to an earlier group already.
            near = [answer.key for answer in neighbors(embedding, key, 3 * n_keys)]
            chosen |= dict.fromkeys([key, *(each for each in near if each not in chosen)][:n_keys])
    return list(chosen)


def odd_examples(embedding: Embedding) -> list[list[str]]:
    """Return keys of which one does not belong to the others."""
    known = [list(keys) for keys in _ODD if all(key in embedding.key_to_index for key in keys)]
    made = groups(embedding, 2, 3)
    return [*known, *([[*made[:2], made[3], made[2]]] if len(made) == 6 else [])][:3]


def proportions(embedding: Embedding) -> list[tuple[str, str, str]]:
    """Return a, b, c of which the fourth, as c is to it as a is to b, is worth asking for; none where none is known."""
    return [keys for keys in _PROPORTIONS if all(key in embedding.key_to_index for key in keys)][:_N_EXAMPLES]
