"""Two runs or embeddings compared: settings that differ, scores with paired intervals, and their neighbors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.core.roles import role
from embedlab.evaluation.comparability import why_not_comparable
from embedlab.evaluation.paired import PairedScores, paired_scores
from embedlab.evaluation.question_files import Pair, read_pairs
from embedlab.evaluation.score import Score
from embedlab.evaluation.scores import read_scores
from embedlab.evaluation.words import PAIR_SETS
from embedlab.exploration.neighbor_overlap import TOPN, NeighborOverlap, neighbor_overlap
from embedlab.exploration.two_embeddings import Agreement, agreement_of
from embedlab.jobs.candidates import Candidate
from embedlab.jobs.judging import yardsticks_from
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import yardsticks_of


@dataclass(frozen=True)
class ScorePair:
    """One score of both sides.

    Parameters
    ----------
    name, title
        Of the score.
    first, second
        The scores; None if a side has none.
    paired
        Both on the same pairs, with the interval of the difference; None if there is no such test.
    not_comparable
        Why they cannot be compared; empty if they can, or if a side has none.
    """

    name: str
    title: str
    first: Score | None
    second: Score | None
    paired: PairedScores | None
    not_comparable: str

    @property
    def difference(self) -> float | None:
        """First minus second, on the same pairs if possible; None if they cannot be compared."""
        if self.paired is not None:
            return self.paired.difference
        if self.not_comparable or self.first is None or self.second is None:
            return None
        if self.first.value is None or self.second.value is None:
            return None
        return self.first.value - self.second.value


@dataclass(frozen=True)
class TwoRuns:
    """The comparison.

    Parameters
    ----------
    settings
        Settings that differ, by name; None for a side without the setting.
    scores
        Scores that at least one side has, with enough cases.
    agreement
        Agreement of the neighbors; None if they cannot be compared.
    refusal
        Why the neighbors cannot be compared; empty if they can.
    """

    settings: dict[str, tuple[Any, Any]]
    scores: tuple[ScorePair, ...]
    agreement: Agreement | None
    refusal: str


def compare_two(
    workspace: Workspace,
    first: Candidate,
    second: Candidate,
    topn: int = TOPN,
    find: Callable[[Embedding, Embedding], NeighborOverlap] | None = None,
) -> TwoRuns:
    """Compare two runs, or embeddings of any datasets.

    Parameters
    ----------
    topn
        Neighbors compared per key.
    find
        Returns the neighbors that both have, for a caller that stores them; None: they are computed.

    Raises
    ------
    StorageError
        An embedding is damaged.
    """
    found: Agreement | None = None
    refusal = ""
    loaded: tuple[Embedding, Embedding] | None = None
    if first.embedding is None or second.embedding is None:
        refusal = "One of the runs has no embedding, so neighbors cannot be compared."
    else:
        loaded = workspace.load_embedding(first.embedding.id), workspace.load_embedding(second.embedding.id)
        try:
            overlap = neighbor_overlap(loaded, topn) if find is None else find(*loaded)
            found = agreement_of(*loaded, overlap)
        except InputError as error:
            refusal = f"{error.what} {error.remedy}".strip()
    paired = {} if loaded is None else _paired(workspace, first, second, loaded)
    return TwoRuns(_settings(first, second), _scores(first, second, paired), found, refusal)


def _settings(first: Candidate, second: Candidate) -> dict[str, tuple[Any, Any]]:
    sides = [{} if each.run is None else each.run.parameters for each in (first, second)]
    names = dict.fromkeys(name for side in sides for name in side)
    return {
        name: (sides[0].get(name), sides[1].get(name)) for name in names if sides[0].get(name) != sides[1].get(name)
    }


def _paired(
    workspace: Workspace, first: Candidate, second: Candidate, loaded: tuple[Embedding, Embedding]
) -> dict[str, PairedScores]:
    tests = _pair_tests(workspace, first, second)
    results = {name: paired_scores(*loaded, pairs) for name, pairs in tests.items()}
    return {name: result for name, result in results.items() if result is not None and result.are_enough}


def _pair_tests(workspace: Workspace, first: Candidate, second: Candidate) -> Mapping[str, list[Pair]]:
    """Return the word pairs that apply to both: the public ones, and the files of a dataset that they share."""
    tests: dict[str, list[Pair]] = {}
    names = [each.embedding.name for each in (first, second) if each.embedding is not None]
    if all(role(name).english for name in names):
        from gensim.test.utils import datapath

        tests |= {name: read_pairs(Path(datapath(file))) for name, file in PAIR_SETS.items()}
    if first.dataset is not None and second.dataset is not None and first.dataset.id == second.dataset.id:
        stored = yardsticks_from(yardsticks_of(workspace, first.dataset.id))
        tests |= {file_id: pairs for file_id, (_, pairs) in stored.pairs.items()}
    return tests


def _scores(first: Candidate, second: Candidate, paired: Mapping[str, PairedScores]) -> tuple[ScorePair, ...]:
    sides = read_scores(first.scores), read_scores(second.scores)
    names = dict.fromkeys(name for side in sides for name, score in side.items() if _is_judged(score))
    found = []
    for name in names:
        one, other = sides[0].get(name), sides[1].get(name)
        known = next(score for score in (one, other) if score is not None)
        reason = ""
        if name not in paired and one is not None and other is not None:
            reason = why_not_comparable(one, first.origin, other, second.origin)
        found.append(ScorePair(name, known.title, one, other, paired.get(name), reason))
    return tuple(found)


def _is_judged(score: Score) -> bool:
    return score.value is not None and score.meaningful and score.kind.measures_quality
