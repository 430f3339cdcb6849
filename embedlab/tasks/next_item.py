"""The next item of a sequence: all items are ranked, and evaluated by the last event of held-out users."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.kind import Kind
from embedlab.evaluation.differences import read_differences
from embedlab.evaluation.recommendation.next_items import MRR, NAMES, RECALL_5, RECALL_10, score_next_items
from embedlab.evaluation.score import Score, ScoreKind
from embedlab.evaluation.scores import main_score
from embedlab.evaluation.verdicts import Verdict, text_of, verdict_by_each_baseline
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.sequences import Histories, SequencesDataset, SequencesSplit, split_sequences
from embedlab.kinds.sequences.dataset import SEQUENCES
from embedlab.kinds.sequences.ranks import ScoreHistories, next_ranks
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.models.contract.sequence_abilities import ContinuesSequence
from embedlab.models.shared.next_items.tables import PopularityTable, StepTable
from embedlab.models.shared.next_items.vsknn import VsKnn
from embedlab.tasks.base import Parts, PartSizes, Task, required
from embedlab.workspace.rows import DatasetRow

#: A table of sequence, item, title and part; rows are in the order of the events.
EVENTS_FILE = "events.csv"
#: Pseudo-counts of the tables that are baselines.
_SMOOTHING = 0.1
_CANNOT = "This model does not predict the next item of a sequence."


class NextItem(Task[SequencesDataset]):
    """Predict the next item of a sequence."""

    name: ClassVar[str] = "next-item"
    title: ClassVar[str] = "Predict the next item"
    goal: ClassVar[str] = "Predict the next item"
    kind: ClassVar[Kind] = SEQUENCES
    cases: ClassVar[str] = "Users"
    uses_split: ClassVar[bool] = True
    headline: ClassVar[str] = RECALL_5
    baselines: ClassVar[tuple[str, ...]] = ("most_frequent_items", "cooccurrence", "markov_table", "vsknn")
    score_kinds: ClassVar[Mapping[str, ScoreKind]] = {
        RECALL_5: ScoreKind("Recall@5", "higher", "test", 1.0),
        RECALL_10: ScoreKind("Recall@10", "higher", "test", 1.0),
        MRR: ScoreKind("MRR", "higher", "test", 1.0, is_share=False),
        "validation_recall@5": ScoreKind("Validation Recall@5", "higher", "validation", 1.0),
        "validation_mrr": ScoreKind("Validation MRR", "higher", "validation", 1.0, is_share=False),
    }
    baseline_titles: ClassVar[Mapping[str, str]] = {
        "most_frequent_items": "Most frequent items",
        "cooccurrence": "Co-occurrence",
        "markov_table": "Markov table",
        "vsknn": "VSKNN",
    }

    def refusal(self, dataset: DatasetRow) -> EmbedLabError | None:
        """Return why there is nothing to predict: one item, or no sequence of two events."""
        counts = dataset.counts
        if counts.get("items", 2) < 2 or counts.get("events", 2) <= counts.get("sequences", 1):
            return nothing_to_predict(int(counts.get("items", 0)), int(counts.get("sequences", 0)))
        return None

    def split(self, dataset: SequencesDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        """Split the users; whole users are held out."""
        del scratch
        split = split_sequences(dataset, required(protocol))
        return Parts(split.without_test(), split)

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return Recall@5, Recall@10 and MRR of the last event of each test user, or why there are none."""
        split: SequencesSplit = parts.held_out
        own = result.ability(ContinuesSequence)
        if own is None:
            return {"not_computed": dict.fromkeys(NAMES, _CANNOT)}
        test, n_items = split.test, split.n_items
        about = {"n_test_users": test.n_users, "n_without_case": test.n_users - len(test)}
        if not len(test):
            reason = "No test user has a sequence of two items, so there is nothing to predict."
            return {"n_test": 0, **about, "not_computed": dict.fromkeys(NAMES, reason), "baselines": {}}

        def ranks(score: ScoreHistories) -> Any:
            return next_ranks(score, test.histories, test.targets, n_items, with_history=split.with_history)

        baselines = {
            "most_frequent_items": PopularityTable.of(split.known, n_items).next_scores,
            "cooccurrence": StepTable.of_pairs(split.known, n_items, _SMOOTHING).next_scores,
            "markov_table": StepTable.of_steps(split.known, n_items, _SMOOTHING).next_scores,
            "vsknn": VsKnn.of(split.known, n_items).next_scores,
        }
        of_baselines = {name: ranks(score) for name, score in baselines.items()}
        n_new = int((np.bincount(split.known.items, minlength=n_items)[test.targets] == 0).sum())
        return {**score_next_items(ranks(own.next_scores), of_baselines, n_items), **about, "n_new_targets": n_new}

    def headline_sentence(self, score: Score) -> str:
        """Return how often the next item was among the first five."""
        if score.name != self.headline:
            return super().headline_sentence(score)
        of = f" of {score.n_cases:,} held-out users" if score.n_cases else ""
        return f"The next item is among the first five predictions for {text_of(score, score.value or 0.0)}{of}"

    def verdict(self, scores: Mapping[str, Any], counts: Mapping[str, int | float]) -> Verdict:
        """Judge the predictions by those of every baseline."""
        main = main_score(scores, self.headline)
        if main is None or main.value is None or main.name != self.headline:
            return super().verdict(scores, counts)
        differences = [of_run[main.name] for of_run in read_differences(scores).values() if main.name in of_run]
        return verdict_by_each_baseline(self.headline_sentence(main), main, differences)

    def notes(self, scores: Mapping[str, Any]) -> list[str]:
        """Return how many test users have no next item to predict, and how many next items are new."""
        n_users, n_without, n_new = (
            int(scores.get(name, 0)) for name in ("n_test_users", "n_without_case", "n_new_targets")
        )
        notes = []
        if n_without:
            notes.append(
                f"{n_without:,} of {n_users:,} test users are not scored: they have no sequence of two events, or "
                "their last item had occurred before."
            )
        if n_new:
            notes.append(f"The next item of {n_new:,} test users has no event in training. It counts as not found.")
        return notes

    def part_sizes(self, parts: Parts) -> PartSizes:
        """Count the users."""
        split: SequencesSplit = parts.held_out
        return PartSizes(split.n_train_users, split.validation.n_users, split.test.n_users)

    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the file name of the table of events."""
        del model
        return EVENTS_FILE

    def write_data(
        self, dataset: SequencesDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path
    ) -> Path:
        """Write all events with their sequence and part; the targets of held-out users are marked."""
        path = folder / self.data_file(model)
        write_events(split_sequences(dataset, required(protocol)), path)
        return path


def nothing_to_predict(n_items: int, n_sequences: int) -> EmbedLabError:
    """Return the error for sequences without a next item."""
    return InputError(
        "No sequence has two events with different items, so there is no next item to learn from.",
        received=f"{n_items:,} items in {n_sequences:,} sequences",
        remedy="Check the column of the user and the pause that separates sequences.",
    )


def write_events(split: SequencesSplit, path: Path) -> None:
    """Write a table `sequence, item, title, part`.

    The part is `train` or `validation`, whose events models learn from; `validation_history`, `validation_target`,
    `test_history` and `test_target` are the cases of held-out users.
    """
    keys = np.asarray(split.dataset.item_keys, dtype=object)
    titles = split.dataset.items["label"].to_numpy(dtype=object)
    parts = np.where(split.is_train, "train", "validation")
    tables, first = [_table(split.known, parts, 0)], len(split.known)
    for name, cases in (("validation", split.validation), ("test", split.test)):
        tables.append(_table(cases.histories, np.full(len(cases), f"{name}_history"), first))
        targets = Histories(cases.targets, np.arange(len(cases) + 1))
        tables.append(_table(targets, np.full(len(cases), f"{name}_target"), first))
        first += len(cases)
    table = pd.concat(tables, ignore_index=True)
    rows = table["item"].to_numpy(np.int64)
    table["item"] = keys[rows]
    table.insert(2, "title", titles[rows])
    table.to_csv(path, index=False)


def _table(histories: Histories, parts: Any, first: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"sequence": histories.rows + first, "item": histories.items, "part": np.asarray(parts)[histories.rows]}
    )
