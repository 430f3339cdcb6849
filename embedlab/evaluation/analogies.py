"""Accuracy on analogies, such as: Athens is to Greece as Oslo is to Norway."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.evaluation.intervals import Interval, share_interval
from embedlab.evaluation.question_files import Section, read_analogies
from embedlab.evaluation.scores import score_entry

Rows = npt.NDArray[np.intp]

#: Questions and answers are limited to the most frequent keys, as in the published tables: vectors of rare words are
#: poor, and would only add wrong answers.
MOST_FREQUENT = 30_000
#: Similarities computed at a time (64 MB of float32).
_BLOCK = 1 << 24
#: gensim looks among this many candidates for an answer that is not a word of the question.
_TRIES = 5


def english_analogies() -> list[Section]:
    """Return the 19,544 questions in 14 sections that gensim ships (Mikolov et al., 2013)."""
    from gensim.test.utils import datapath

    return read_analogies(Path(datapath("questions-words.txt")))


def score_analogies(
    embedding: Embedding,
    sections: Sequence[Section],
    *,
    most_frequent: int = MOST_FREQUENT,
    report: ReportProgress = ignore_progress,
) -> dict[str, Any]:
    """Find the key nearest to ``b - a + c`` (3CosAdd) and return how often it is `d`.

    Parameters
    ----------
    embedding
        Keys are words, the most frequent first; case is ignored.
    sections
        The questions.
    most_frequent
        Number of keys that questions and answers are limited to.

    Returns
    -------
    As `score_entry`, with the accuracy as score, and ``"sections"``: name, score, covered and of each. For the
    interval, questions of a section that share their first pair are one group.
    Questions with an unknown word are left out. Equal to gensim's ``evaluate_word_analogies(restrict_vocab)``.

    Notes
    -----
    Mikolov, T., Chen, K., Corrado, G., Dean, J. (2013). Efficient estimation of word representations in vector space.
    """
    n_keys = min(most_frequent, embedding.n_keys)
    first_rows: dict[str, int] = {}
    same = np.empty(n_keys, dtype=np.intp)
    for row, key in enumerate(embedding.keys[:n_keys]):
        # Upper case as in gensim; of keys that differ only in case the most frequent counts.
        same[row] = first_rows.setdefault(key.upper(), row)
    queries: list[list[int]] = []
    groups: list[tuple[int, int, int]] = []
    for number, section in enumerate(sections):
        for question in section.questions:
            rows = [first_rows.get(word.upper(), -1) for word in question]
            if -1 not in rows:
                queries.append(rows)
                groups.append((number, rows[0], rows[1]))
    units = np.asarray(embedding.vectors[:n_keys]) / embedding.norms[:n_keys, np.newaxis]
    right = _solved(units, np.array(queries, dtype=np.intp).reshape(-1, 4), same, report)
    n_of = sum(len(section.questions) for section in sections)
    score = float(right.mean()) if len(right) else None
    result = score_entry(score, _interval(right, groups), len(right), n_of, "questions")
    in_section = np.array([group[0] for group in groups], dtype=np.intp)
    result["sections"] = [_section(section, right[in_section == number]) for number, section in enumerate(sections)]
    return result


def _section(section: Section, right: npt.NDArray[np.bool_]) -> dict[str, Any]:
    score = float(right.mean()) if len(right) else None
    return {"name": section.name, "score": score, "covered": len(right), "of": len(section.questions)}


def _interval(right: npt.NDArray[np.bool_], groups: Sequence[tuple[int, int, int]]) -> Interval | None:
    by_group: dict[tuple[int, int, int], list[bool]] = defaultdict(list)
    for group, is_right in zip(groups, right.tolist(), strict=True):
        by_group[group].append(is_right)
    return share_interval([sum(each) for each in by_group.values()], [len(each) for each in by_group.values()])


def _solved(units: Vectors, queries: Rows, same: Rows, report: ReportProgress) -> npt.NDArray[np.bool_]:
    """Return for each question (rows of a, b, c, d) whether its answer is d.

    `same` maps each key to the row of the most frequent key that differs from it only in case.
    """
    right = np.zeros(len(queries), dtype=np.bool_)
    step = max(1, _BLOCK // len(units))
    for start in range(0, len(queries), step):
        report(start / len(queries), "analogies")
        a, b, c, d = queries[start : start + step].T
        similarities = (units[b] - units[a] + units[c]) @ units.T
        every = np.arange(len(a))
        for term in (a, b, c):
            similarities[every, term] = -np.inf
        best = similarities.argmax(axis=1)
        for _ in range(_TRIES - 1):
            again = np.flatnonzero((same[best] == a) | (same[best] == b) | (same[best] == c))
            if not len(again):
                break
            similarities[again, best[again]] = -np.inf
            best[again] = similarities[again].argmax(axis=1)
        right[start : start + step] = same[best] == d
    return right
