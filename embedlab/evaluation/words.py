"""How well cosine similarities of words agree with what people judge, on the word pairs that gensim ships."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from embedlab.embedding import Embedding

#: Sets of word pairs: a title and gensim's file. Sources: Finkelstein et al., "Placing Search in Context", 2002; Hill,
#: Reichart and Korhonen, "SimLex-999", 2015.
PAIR_SETS = {"wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}

#: With fewer pairs the standard error of the correlation (about 1 / sqrt(n)) exceeds 0.1: differences between models
#: drown in it.
FEWEST_PAIRS = 100


def read_pairs(path: Path) -> list[tuple[str, str, float]]:
    """Read lines of two words and a score separated by tabs; lines starting with # are comments."""
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return [(row[0], row[1], float(row[2])) for row in rows if len(row) >= 3]


def score_pairs(embedding: Embedding, pairs: list[tuple[str, str, float]]) -> dict[str, Any]:
    """Compare cosines with judged similarities.

    Parameters
    ----------
    embedding
        Keys are words; where a word is not a key as it stands, its lower case is tried, then the most frequent key
        that differs in case only.
    pairs
        Two words and the judged similarity.

    Returns
    -------
    ``{"spearman", "n_pairs", "n_used", "coverage", "meaningful", "note"}``; `spearman` is None where it is not defined
    (fewer than two pairs used, or all cosines equal). Pairs with an unknown word are left out.
    """
    rows = _case_folded_rows(embedding)
    used = [
        (first, second, judged)
        for a, b, judged in pairs
        if (first := _row(a, embedding, rows)) is not None and (second := _row(b, embedding, rows)) is not None
    ]
    n_used = len(used)
    meaningful = n_used >= FEWEST_PAIRS
    return {
        "spearman": _spearman(embedding, used),
        "n_pairs": len(pairs),
        "n_used": n_used,
        "coverage": n_used / len(pairs) if pairs else 0.0,
        "meaningful": meaningful,
        "note": (
            f"{n_used} of {len(pairs)} pairs used."
            if meaningful
            else f"Only {n_used} of {len(pairs)} pairs used: too few to mean anything (at least {FEWEST_PAIRS} needed)."
        ),
    }


def score_word_pairs(embedding: Embedding) -> dict[str, dict[str, Any]]:
    """Return `score_pairs` for each of `PAIR_SETS`; the pairs are English."""
    from gensim.test.utils import datapath

    return {name: score_pairs(embedding, read_pairs(Path(datapath(file)))) for name, file in PAIR_SETS.items()}


def _case_folded_rows(embedding: Embedding) -> dict[str, int]:
    rows: dict[str, int] = {}
    for row, key in enumerate(embedding.keys):
        rows.setdefault(key.casefold(), row)
    return rows


def _row(word: str, embedding: Embedding, folded: dict[str, int]) -> int | None:
    known = embedding.key_to_index
    found = known.get(word)
    if found is None:
        found = known.get(word.lower())
    return folded.get(word.casefold()) if found is None else found


def _spearman(embedding: Embedding, used: list[tuple[int, int, float]]) -> float | None:
    if len(used) < 2:
        return None
    from scipy.stats import spearmanr

    first, second, judged = (np.array(column) for column in zip(*used, strict=True))
    cosines = np.einsum("nd,nd->n", embedding.unit_vectors[first], embedding.unit_vectors[second])
    if np.ptp(cosines) == 0 or np.ptp(judged) == 0:
        return None
    return float(spearmanr(cosines, judged).statistic)
