"""Correlation of cosine similarities of words with human similarity ratings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.evaluation.cases import FEWEST_PAIRS
from embedlab.evaluation.intervals import bootstrap_interval, spearman
from embedlab.evaluation.lookup import RowLookup
from embedlab.evaluation.question_files import Pair, read_pairs
from embedlab.evaluation.scores import score_entry

#: Sets of word pairs and gensim's files of them. Sources: Finkelstein et al., "Placing Search in Context", 2002; Hill,
#: Reichart and Korhonen, "SimLex-999", 2015.
PAIR_SETS = {"wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}


def score_pairs(embedding: Embedding, pairs: Sequence[Pair], *, lookup: RowLookup | None = None) -> dict[str, Any]:
    """Compare cosines with human similarity ratings by Spearman's rank correlation.

    Parameters
    ----------
    embedding
        Keys are words; see `RowLookup` for how they are matched.
    pairs
        Two words and their human similarity rating.
    lookup
        The lookup of this embedding, if it exists already.

    Returns
    -------
    As `score_entry`; the score is None if undefined (fewer than two pairs used, or all cosines equal). Pairs with an
    unknown word are left out, as in gensim's ``evaluate_word_pairs``.
    """
    row_of = lookup or RowLookup(embedding)
    used = [
        (first, second, judged)
        for a, b, judged in pairs
        if (first := row_of(a)) is not None and (second := row_of(b)) is not None
    ]
    score, interval = None, None
    if len(used) >= 2:
        *sides, judged = (np.array(column) for column in zip(*used, strict=True))
        units = [np.asarray(embedding.vectors[rows]) / embedding.norms[rows, np.newaxis] for rows in sides]
        cosines = np.einsum("nd,nd->n", *units)
        if np.ptp(cosines) > 0 and np.ptp(judged) > 0:
            score = float(spearman(cosines, judged))
            interval = bootstrap_interval(spearman, (cosines, judged))
    return score_entry(score, interval, len(used), len(pairs), "pairs", fewest=FEWEST_PAIRS)


def score_word_pairs(embedding: Embedding, lookup: RowLookup | None = None) -> dict[str, dict[str, Any]]:
    """Return `score_pairs` for each of `PAIR_SETS`; the pairs are English."""
    from gensim.test.utils import datapath

    row_of = lookup or RowLookup(embedding)
    return {
        name: score_pairs(embedding, read_pairs(Path(datapath(file))), lookup=row_of)
        for name, file in PAIR_SETS.items()
    }
