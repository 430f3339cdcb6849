"""Retrieval across kinds: from a thing to its partners of another kind, in both directions, over the whole catalog."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from embedlab.core.kind import Kind
from embedlab.evaluation.differences import read_differences
from embedlab.evaluation.retrieval import rivals
from embedlab.evaluation.retrieval.ranks import MEASURES, REVERSE, Floats, Partners, filtered_ranks, score_retrieval
from embedlab.evaluation.retrieval.rivals import Rival
from embedlab.evaluation.score import Score, ScoreKind
from embedlab.evaluation.scores import main_score, read_scores
from embedlab.evaluation.verdicts import Verdict, share, verdict_by_each_baseline
from embedlab.kinds.pairs.dataset import THINGS, PairsDataset
from embedlab.kinds.pairs.splits import PairsSplit, pairs_split
from embedlab.kinds.protocols import Protocol
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.tasks.base import Parts, PartSizes, Task, required
from embedlab.tasks.pairs_file import PAIRS_FILE, write_pairs

#: Held-out pairs that are ranked; of more, this many are drawn at random.
MOST_CASES = 5000


def _score_kinds() -> dict[str, ScoreKind]:
    kinds = {}
    for prefix, direction in (("", ""), (REVERSE, ", right to left")):
        for name in MEASURES:
            title = "MRR" if name == "mrr" else name.capitalize()
            kinds[f"{prefix}{name}"] = ScoreKind(f"{title}{direction}", "higher", "test", 1.0, is_share=name != "mrr")
    return kinds


class Retrieval(Task[PairsDataset]):
    """Find the partners of things among all things of another kind."""

    name: ClassVar[str] = "retrieval"
    title: ClassVar[str] = "Find partners of another kind"
    goal: ClassVar[str] = "Find across kinds"
    kind: ClassVar[Kind] = Kind("pairs")
    cases: ClassVar[str] = "Pairs"
    uses_split: ClassVar[bool] = True
    headline: ClassVar[str] = "mrr"
    baselines: ClassVar[tuple[str, ...]] = rivals.BASELINES
    score_kinds: ClassVar[Mapping[str, ScoreKind]] = {
        **_score_kinds(),
        "validation_mrr": ScoreKind("Validation MRR", "higher", "validation", 1.0, is_share=False),
    }
    baseline_titles: ClassVar[Mapping[str, str]] = {
        rivals.TFIDF: "TF-IDF cosine",
        rivals.CCA: "CCA (linear)",
    }

    def split(self, dataset: PairsDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        """Split random pairs, or whole groups."""
        del scratch
        chosen = required(protocol)
        split = pairs_split(dataset, chosen)
        return Parts(split.without_test(), (split, chosen))

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return recall and MRR in both directions on the test part, beside the rivals."""
        split, protocol = parts.held_out
        things = result.embeddings.get(THINGS)
        if things is None:
            return {"not_computed": dict.fromkeys((*MEASURES,), "This model places no things.")}
        dataset: PairsDataset = split.dataset
        rows = test_rows(split, protocol.seed)
        vectors = [np.asarray(things.vectors[[things.index(key) for key in keys]]) for keys in dataset.keys]
        own = _ranks(split, rows, lambda kind, _: rivals.by_vectors(vectors[0], vectors[kind]))
        others = {name: _ranks(split, rows, maker) for name, maker in _rivals(split, things.vector_size).items()}
        present = {name: each for name, each in others.items() if each is not None}
        assert own is not None  # noqa: S101
        by_groups = protocol.name == "whole-groups"
        units = np.asarray(dataset.groups if by_groups else dataset.left)[rows]
        return {
            **score_retrieval(own, present, units.astype(np.int64)),
            "n_test": len(rows),
            "n_test_pairs": len(split.test),
            "n_ranked_groups": len(np.unique(units)) if by_groups else 0,
            **_unseen(split, rows),
        }

    def verdict(self, scores: Mapping[str, Any], counts: Mapping[str, int | float]) -> Verdict:
        """Judge the run by each rival, named."""
        main = main_score(scores, self.headline)
        if main is None or main.name != self.headline:
            return super().verdict(scores, counts)
        differences = [of_run[main.name] for of_run in read_differences(scores).values() if main.name in of_run]
        return verdict_by_each_baseline(_sentence(scores, main), main, differences)

    def headline_sentence(self, score: Score) -> str:
        """Return the mean reciprocal rank in words."""
        if score.name != self.headline:
            return super().headline_sentence(score)
        of = f" of {score.n_cases:,} held-out pairs" if score.n_cases else ""
        return f"The mean reciprocal rank{of} is {score.value or 0.0:.3f}"

    def notes(self, scores: Mapping[str, Any]) -> list[str]:
        """Return how much of the test part is about things that training did not contain, and if CCA is better."""
        found = []
        n_unseen, n_ranked = _count(scores, "n_unseen"), _count(scores, "n_test")
        if n_unseen:
            found.append(
                f"{n_unseen:,} of {n_ranked:,} test pairs are about a thing that is in no training pair. Its words or "
                "pixels may be known; an unknown id has no place of its own."
            )
        n_groups = _count(scores, "n_ranked_groups")
        if n_groups:
            found.append(f"The test pairs are {n_groups:,} whole groups; intervals resample groups.")
        n_all = _count(scores, "n_test_pairs")
        if n_ranked < n_all:
            found.append(f"{n_ranked:,} of {n_all:,} test pairs were drawn at random and ranked.")
        linear = read_differences(scores).get(rivals.CCA, {}).get(self.headline)
        if linear is not None and linear.outcome in ("worse", "indistinguishable"):
            what = "is better than" if linear.outcome == "worse" else "is not distinguishable from"
            found.append(f"The linear rival, CCA, {what} this network: a linear map is enough for these pairs.")
        return found

    def part_sizes(self, parts: Parts) -> PartSizes:
        """Count the pairs."""
        split: PairsSplit = parts.held_out[0]
        return PartSizes(len(split.train), len(split.validation), len(split.test))

    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the file name of the table of pairs."""
        del model
        return PAIRS_FILE

    def write_data(
        self, dataset: PairsDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path
    ) -> Path:
        """Write all pairs with their part."""
        path = folder / self.data_file(model)
        write_pairs(pairs_split(dataset, required(protocol)), path)
        return path


def test_rows(split: PairsSplit, seed: int) -> npt.NDArray[np.intp]:
    """Return the test pairs that are ranked."""
    if len(split.test) <= MOST_CASES:
        return split.test
    return np.sort(np.random.default_rng(seed).choice(split.test, MOST_CASES, replace=False))


def _rivals(split: PairsSplit, vector_size: int) -> dict[str, Any]:
    """Return what makes each rival for a right kind from its training pairs; None if it cannot be applied."""
    dataset = split.dataset
    known = np.concatenate([split.train, split.validation])
    arrays = [np.asarray(each)[known] for each in (dataset.left, dataset.right, dataset.right_kinds)]

    def pairs_of(kind: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        rows = arrays[2] == kind
        return arrays[0][rows].astype(np.int64), arrays[1][rows].astype(np.int64)

    left_kind = dataset.kinds[0]

    def popularity(kind: int, right: Any) -> Rival:
        return rivals.popularity(*pairs_of(kind), len(left_kind), len(right))

    def tfidf(kind: int, right: Any) -> Rival | None:
        del kind
        return rivals.tfidf(left_kind, right)

    def cca(kind: int, right: Any) -> Rival | None:
        left, of_right = pairs_of(kind)
        return rivals.cca(left_kind, right, left, of_right, vector_size) if len(left) > 1 else None

    return {rivals.POPULARITY: popularity, rivals.TFIDF: tfidf, rivals.CCA: cca}


def _ranks(split: PairsSplit, rows: npt.NDArray[np.intp], maker: Any) -> tuple[Floats, Floats] | None:
    """Return the ranks of test pairs in both directions; None if the rival does not apply to a kind of pairs."""
    dataset = split.dataset
    arrays = [np.asarray(each) for each in (dataset.left, dataset.right, dataset.right_kinds)]
    forward, backward = np.empty(len(rows)), np.empty(len(rows))
    for kind in np.unique(arrays[2][rows]).tolist():
        rival: Rival | None = maker(kind, dataset.kinds[kind])
        if rival is None:
            return None
        of_kind = arrays[2] == kind
        left, right = arrays[0][of_kind], arrays[1][of_kind]
        cases = arrays[2][rows] == kind
        queries, targets = (each[rows[cases]].astype(np.int64) for each in arrays[:2])
        n_left, n_right = len(dataset.kinds[0]), len(dataset.kinds[kind])
        forward[cases] = filtered_ranks(rival.forward, queries, targets, Partners.of(left, right, n_left))
        backward[cases] = filtered_ranks(rival.backward, targets, queries, Partners.of(right, left, n_right))
    return forward, backward


def _unseen(split: PairsSplit, rows: npt.NDArray[np.intp]) -> dict[str, int]:
    """Return how many test pairs are about a thing without training pairs."""
    dataset = split.dataset
    left, right, kinds = (np.asarray(each) for each in (dataset.left, dataset.right, dataset.right_kinds))
    is_new = ~np.isin(left[rows], left[split.train])
    for kind in np.unique(kinds[rows]).tolist():
        known = right[split.train][kinds[split.train] == kind]
        is_new |= (kinds[rows] == kind) & ~np.isin(right[rows], known)
    return {"n_unseen": int(np.count_nonzero(is_new))}


def _sentence(scores: Mapping[str, Any], main: Score) -> str:
    """Return what the main score says, with the share of first places in both directions."""
    present = read_scores(scores)

    def value(name: str) -> float:
        score = present.get(name)
        return 0.0 if score is None or score.value is None else score.value

    return (
        f"Of {main.n_cases or 0:,} held-out pairs, the right partner is first for "
        f"{share(value('recall@1'))} and among the first ten for {share(value('recall@10'))} "
        f"(from right to left {share(value(f'{REVERSE}recall@1'))} and {share(value(f'{REVERSE}recall@10'))}); "
        f"the mean reciprocal rank is {main.value or 0.0:.3f}"
    )


def _count(scores: Mapping[str, Any], name: str) -> int:
    value = scores.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
