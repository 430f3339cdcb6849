"""Association tests on the keys of an embedding: whether some are closer to given attributes than others are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError, ParameterError, TooLargeError
from embedlab.core.similarity import Answer, unit_vectors
from embedlab.evaluation.association import Association, association
from embedlab.exploration.asking.bias_lists import PUBLISHED, PublishedTest, WordList
from embedlab.exploration.asking.search import search_index
from embedlab.exploration.asking.several_keys import MOST_KEYS

#: Of each list this many must be in the vocabulary: with 3 targets each, the smallest possible p is 1/20.
FEWEST_KEYS = 4
#: Of each list this share must be in the vocabulary; otherwise it is another list than the published one.
LEAST_SHARE = 0.5
_N_MISSING = 12


@dataclass(frozen=True)
class Group:
    """A list as far as it is in the vocabulary.

    Parameters
    ----------
    title
        Name of the list.
    keys
        Its keys in the embedding, each once.
    missing
        The words that are not in the vocabulary.
    """

    title: str
    keys: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class BiasTest:
    """Result of an association test on an embedding.

    Parameters
    ----------
    first_targets, second_targets, first_attributes, second_attributes
        The keys that were compared.
    result
        Effect size and p value.
    of_targets
        Each target with its association, the one closest to the first attributes first.
    """

    first_targets: Group
    second_targets: Group
    first_attributes: Group
    second_attributes: Group
    result: Association
    of_targets: tuple[Answer, ...]

    @property
    def groups(self) -> tuple[Group, Group, Group, Group]:
        """All four groups, targets first."""
        return self.first_targets, self.second_targets, self.first_attributes, self.second_attributes


def published_test(name: str) -> PublishedTest:
    """Return the published test with this name.

    Raises
    ------
    NotFoundError
        There is none; the remedy lists the names.
    """
    if name not in PUBLISHED:
        raise NotFoundError(
            "There is no such published test.", received=name, remedy=f"Choose one of {', '.join(PUBLISHED)}."
        )
    return PUBLISHED[name]


def find_group(embedding: Embedding, words: WordList) -> Group:
    """Return the part of a list that is in the vocabulary: keys, else labels, else another case of a key or label."""
    index = search_index(embedding)
    found: dict[str, None] = {}
    missing = []
    for word in dict.fromkeys(words.words):
        spellings = (word, word.lower(), word.capitalize(), word.upper())
        key = next((each for each in spellings if each in embedding.key_to_index), None)
        if key is None:
            row = next((index.label_to_index[each] for each in spellings if each in index.label_to_index), None)
            key = None if row is None else embedding.keys[row]
        if key is None:
            missing.append(word)
        else:
            found[key] = None
    return Group(words.title, tuple(found), tuple(missing))


def bias_test(
    embedding: Embedding,
    first_targets: WordList,
    second_targets: WordList,
    first_attributes: WordList,
    second_attributes: WordList,
    *,
    seed: int = 0,
) -> BiasTest:
    """Test whether the first targets are closer to the first attributes than the second targets are.

    Parameters
    ----------
    first_targets, second_targets, first_attributes, second_attributes
        Keys or labels, at most `MOST_KEYS` each. Words that are not in the vocabulary are left out.
    seed
        Seed of the random divisions of long lists.

    Raises
    ------
    TooLargeError
        A list is too long.
    InputError
        Fewer than `FEWEST_KEYS` or than `LEAST_SHARE` of a list are in the vocabulary (the error says which are
        missing), a key is on both sides, or all associations are equal.

    Notes
    -----
    See `embedlab.evaluation.association.association`.
    """
    lists = (first_targets, second_targets, first_attributes, second_attributes)
    for each in lists:
        if len(each.words) > MOST_KEYS:
            raise TooLargeError(
                f"A list may have at most {MOST_KEYS} entries.",
                received=f"{each.title}: {len(each.words):,}",
                remedy="Use fewer.",
            )
    groups = [find_group(embedding, each) for each in lists]
    _refuse_too_few(groups)
    for one, other in (groups[:2], groups[2:]):
        if both := [key for key in one.keys if key in other.keys]:
            raise InputError(
                f"An entry is both in {one.title} and in {other.title}.",
                received=embedding.label(both[0]),
                remedy="Remove it from one of the two lists.",
            )
    units = [unit_vectors(embedding, [embedding.index(key) for key in group.keys]) for group in groups]
    result = association(*units, seed=seed)
    targets = zip(
        (*groups[0].keys, *groups[1].keys), (*result.of_first.tolist(), *result.of_second.tolist()), strict=True
    )
    of_targets = sorted(
        (Answer(key, embedding.label(key), score) for key, score in targets), key=lambda answer: -answer.score
    )
    return BiasTest(groups[0], groups[1], groups[2], groups[3], result, tuple(of_targets))


def published_bias_test(embedding: Embedding, name: str, seed: int = 0) -> BiasTest:
    """Run a published test; raises as `published_test` and `bias_test` do."""
    test = published_test(name)
    return bias_test(
        embedding, test.first_targets, test.second_targets, test.first_attributes, test.second_attributes, seed=seed
    )


def own_list(title: str, words: Sequence[str]) -> WordList:
    """Return a list of the user; raises `ParameterError` if it is empty."""
    kept = tuple(word.strip() for word in words if word.strip())
    if not kept:
        raise ParameterError("A list is empty.", received=title, remedy=f"Enter at least {FEWEST_KEYS} entries.")
    return WordList(title, kept)


def _refuse_too_few(groups: Sequence[Group]) -> None:
    short = [
        group
        for group in groups
        if len(group.keys) < FEWEST_KEYS or len(group.keys) < LEAST_SHARE * (len(group.keys) + len(group.missing))
    ]
    if not short:
        return
    parts = []
    for group in short:
        n_missing = len(group.missing)
        part = f"{group.title}: {len(group.keys)} of {len(group.keys) + n_missing} are in the vocabulary"
        if n_missing:
            rest = f" and {n_missing - _N_MISSING} more" if n_missing > _N_MISSING else ""
            part += f"; missing: {', '.join(group.missing[:_N_MISSING])}{rest}"
        parts.append(part)
    raise InputError(
        f"Too few entries are in the vocabulary. {'. '.join(parts)}.",
        remedy=f"Each list needs at least {FEWEST_KEYS} entries and half of its entries in the vocabulary. "
        "Use an embedding of a larger text, or your own lists.",
    )
