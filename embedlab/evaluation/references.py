"""What is known about a score besides its value: chance, published values, and values by the size of the text.

A score alone means little to a reader who has not seen others. Each value has its source.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

#: How a reference was made: by guessing, by vectors that others published, by a simpler method on the same cases, or by
#: another run on the same dataset.
Origin = Literal["chance", "published", "baseline", "best_run"]


@dataclass(frozen=True)
class Reference:
    """A value to compare a score with.

    Parameters
    ----------
    value
        On the scale of the score.
    title
        What reaches this value, for example Chance, or Google News vectors.
    origin
        How it was made.
    source
        Publication or measurement; empty for values computed on the same cases.
    """

    value: float
    title: str
    origin: Origin
    source: str = ""


@dataclass(frozen=True)
class SizeReference:
    """The score that vectors trained on a text of some size usually reach.

    Parameters
    ----------
    n_tokens
        Words of running text.
    value
        The score.
    source
        Publication or measurement.
    """

    n_tokens: float
    value: float
    source: str


_GOOGLE = "Google News vectors"

#: What guessing reaches, and what well-known vectors reach, by the name of the score.
REFERENCES: Mapping[str, tuple[Reference, ...]] = {
    "wordsim353": (
        Reference(0.0, "Chance", "chance", "Random vectors have no correlation with human ratings."),
        Reference(
            0.70,
            _GOOGLE,
            "published",
            "Trained on 100 billion words. Measured on the pairs among the 8,000 most frequent words: 0.698. "
            "Pennington, Socher and Manning (2014), GloVe, table 3: 0.684 on all pairs.",
        ),
    ),
    "simlex999": (
        Reference(0.0, "Chance", "chance", "Random vectors have no correlation with human ratings."),
        Reference(0.44, _GOOGLE, "published", "https://github.com/leelaylay/Word_Similarity: 0.442."),
    ),
    "analogies": (
        Reference(0.0, "Chance", "chance", "One answer out of up to 30,000 words."),
        Reference(
            0.74,
            _GOOGLE,
            "published",
            "gensim on the 30,000 most frequent words: 74.3 % of 7,614 questions "
            "(https://gist.github.com/iamaziz/8d8d8c08c7eeda707b9e).",
        ),
    ),
}

_BROWN = "gensim, notebook Wordrank_comparisons: skip-gram on the Brown corpus"
_WIKI_3 = "EmbedLab's measurements: gensim's skip-gram on 3 million words of Wikipedia"
_WIKI_17 = "gensim, notebook Wordrank_comparisons: skip-gram on text8"

#: What skip-gram usually reaches on English text, by the name of the score; ascending by size.
BY_SIZE: Mapping[str, tuple[SizeReference, ...]] = {
    "wordsim353": (
        SizeReference(1.0e6, 0.32, _BROWN),
        SizeReference(3.0e6, 0.53, _WIKI_3),
        SizeReference(17.0e6, 0.69, _WIKI_17),
    ),
    "simlex999": (
        SizeReference(1.0e6, 0.13, _BROWN),
        SizeReference(3.0e6, 0.25, _WIKI_3),
        SizeReference(17.0e6, 0.29, _WIKI_17),
    ),
    "analogies": (
        SizeReference(1.0e6, 0.04, _BROWN),
        SizeReference(3.0e6, 0.07, _WIKI_3),
        SizeReference(17.0e6, 0.39, _WIKI_17),
    ),
}


def expected_for_size(name: str, n_tokens: float) -> float | None:
    """Return the score that skip-gram usually reaches on a text of `n_tokens` words.

    Parameters
    ----------
    name
        Name of the score.
    n_tokens
        Words of running text.

    Returns
    -------
    Linear in the logarithm of the size between two known sizes; the largest known value beyond them. None for smaller
    texts, and for scores of which nothing is known.
    """
    known = BY_SIZE.get(name, ())
    if not known or n_tokens < known[0].n_tokens:
        return None
    for smaller, larger in pairwise(known):
        if n_tokens <= larger.n_tokens:
            share = math.log(n_tokens / smaller.n_tokens) / math.log(larger.n_tokens / smaller.n_tokens)
            return smaller.value + share * (larger.value - smaller.value)
    return known[-1].value


def chance_of(references: Sequence[Reference]) -> Reference | None:
    """Return what guessing reaches, if that is known."""
    return next((each for each in references if each.origin == "chance"), None)
