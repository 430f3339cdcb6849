"""Example queries built from the vocabulary."""

from __future__ import annotations

from embedlab.core.embedding import Embedding
from embedlab.core.plain import one_line
from embedlab.exploration.asking.analogies import Expression, parse_expression
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.exploration.asking.spelling import name_of

# Familiar from the literature and the samples.
_FAMILIAR = (
    "king - man + woman",
    "paris - france + italy",
    "Paris - France + Italy",
    "walking - walk + swim",
    "better - good + bad",
    "queen - woman + man",
)
_EXAMPLE_WORDS = ("king", "hotel", "happy", "paris", "Paris", "music", "doctor", "coffee", "football", "river", "money")
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
    """Return a few keys for example queries: familiar words if they are in the vocabulary, else frequent keys."""
    known = [word for word in _EXAMPLE_WORDS if word in embedding.key_to_index]
    if len(known) >= _N_KEYS or embedding.labels[0] != embedding.keys[0]:
        return (known if embedding.labels[0] == embedding.keys[0] else list(embedding.keys))[:_N_KEYS]
    # The most frequent words are uninformative.
    start = 0 if embedding.n_keys < 200 else 100
    readable = [key for key in embedding.keys[start : start + 60] if key.isalpha() and len(key) > 3]
    return list(dict.fromkeys([*known, *(readable or embedding.keys)]))[:_N_KEYS]


def expressions(embedding: Embedding) -> list[str]:
    """Return a few expressions whose terms are all in the vocabulary; sums of frequent keys if none is familiar."""
    known = [text for text in _FAMILIAR if _is_known(embedding, parse_expression(text))]
    if known:
        return known[:_N_EXAMPLES]
    labels = [_term(embedding, key) for key in first_keys(embedding)]
    pairs = zip(labels[::2], labels[1::2], strict=False)
    return [f"{first} + {second}" for first, second in pairs][: _N_EXAMPLES - 1]


def _term(embedding: Embedding, key: str) -> str:
    """Return the name of a key for an expression; if the name is too long, the key."""
    name = name_of(embedding, key)
    return name if one_line(name, _LONGEST) == name else key


def _is_known(embedding: Embedding, expression: Expression) -> bool:
    return all(term in embedding.key_to_index for term in (*expression.positive, *expression.negative))


def groups(embedding: Embedding, n_groups: int, n_keys: int) -> list[str]:
    """Return up to `n_groups` times `n_keys` distinct keys: example keys, each followed by its nearest neighbors."""
    chosen: dict[str, None] = {}
    for key in first_keys(embedding):
        if len(chosen) >= n_groups * n_keys:
            break
        if key not in chosen:
            # Some may already belong to an earlier group.
            near = [answer.key for answer in neighbors(embedding, key, 3 * n_keys)]
            chosen |= dict.fromkeys([key, *(each for each in near if each not in chosen)][:n_keys])
    return list(chosen)


def odd_examples(embedding: Embedding) -> list[list[str]]:
    """Return lists of keys in which one does not belong with the others."""
    known = [list(keys) for keys in _ODD if all(key in embedding.key_to_index for key in keys)]
    two_groups = groups(embedding, 2, 3)
    return [*known, *([[*two_groups[:2], two_groups[3], two_groups[2]]] if len(two_groups) == 6 else [])][:3]


def proportions(embedding: Embedding) -> list[tuple[str, str, str]]:
    """Return example triples for the analogy a : b = c : ?, as far as their terms are in the vocabulary."""
    return [keys for keys in _PROPORTIONS if all(key in embedding.key_to_index for key in keys)][:_N_EXAMPLES]
