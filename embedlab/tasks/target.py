"""The target of a table: a number or a category, predicted and evaluated on held-out rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from embedlab.core.errors import EmbedLabError
from embedlab.core.kind import Kind
from embedlab.core.plain import one_line
from embedlab.evaluation.differences import signed
from embedlab.evaluation.rows.baselines import TITLES, fit_baselines
from embedlab.evaluation.rows.design import Columns
from embedlab.evaluation.rows.feature_use import MODELS, chosen_rows, feature_use
from embedlab.evaluation.rows.places import compare_with_map, coordinates_of
from embedlab.evaluation.rows.scoring import score_classes, score_numbers
from embedlab.evaluation.rows.winner import find_winner
from embedlab.evaluation.score import Score, ScoreKind
from embedlab.evaluation.verdicts import Verdict, text_of, verdict_of_scores
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.table import TableDataset
from embedlab.kinds.table.dataset import no_target
from embedlab.kinds.table.splits import TableSplit, part_names, table_split
from embedlab.kinds.table.texts import words_of
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.models.contract.rows import PredictsRows
from embedlab.tasks.base import Parts, PartSizes, Task, required
from embedlab.workspace.rows import DatasetRow

#: A table whose columns are named `category:zipcode`, `number:size`, `target:price`, and `part`.
TABLE_FILE = "table.csv"
PART_COLUMN = "part"
_LONGEST_NAME = 60


class PredictTarget(Task[TableDataset]):
    """Predict a column of a table from the others: regression of a number, classification of a category."""

    name: ClassVar[str] = "target"
    title: ClassVar[str] = "Predict a column"
    goal: ClassVar[str] = "Predict a column"
    kind: ClassVar[Kind] = Kind("table")
    cases: ClassVar[str] = "Rows"
    uses_split: ClassVar[bool] = True
    headline: ClassVar[str] = "test_r2"
    baselines: ClassVar[tuple[str, ...]] = tuple(TITLES)
    score_kinds: ClassVar[Mapping[str, ScoreKind]] = {
        "test_r2": ScoreKind("Test R²", "higher", "test", 1.0, is_share=False),
        "validation_r2": ScoreKind("Validation R²", "higher", "validation", 1.0, is_share=False),
    }
    baseline_titles: ClassVar[Mapping[str, str]] = TITLES

    def refusal(self, dataset: DatasetRow) -> EmbedLabError | None:
        """Refuse a table without a target."""
        return None if dataset.details.get("target") else no_target(dataset.name)

    def split(self, dataset: TableDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        """Split the rows that have a target."""
        del scratch
        split = table_split(dataset, required(protocol))
        return Parts(split.without_test(), split)

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return the scores on the test part, and what the learned vectors do for other models.

        Empty if the result predicts no rows.
        """
        predictor, split = result.ability(PredictsRows), parts.held_out
        if predictor is None:
            return {}
        columns = Columns(split.dataset, [each.column for each in predictor.inputs])
        own, truth = predictor.predict_rows(split.dataset, split.test), split.targets(split.test)
        # Several threads wait for each other longer than they work where other jobs run.
        with threadpool_limits(1):
            baselines = fit_baselines(split, columns)
        is_classifier = bool(split.target.n_classes)
        if is_classifier:
            codes = {name: each.astype(np.int64) for name, each in baselines.predictions.items()}
            scores = score_classes(truth.astype(np.int64), own, codes, split.dataset.classes)
            own = own.argmax(axis=1).astype(np.float64)
        else:
            scores = score_numbers(truth, own, baselines.predictions, split.target)
        winner = find_winner(truth, own, baselines, is_classifier=is_classifier)
        known, test = chosen_rows(split)
        of_known, of_test = (predictor.category_vectors(split.dataset, rows) for rows in (known, test))
        if of_known:
            vectors = {name: (of_known[name], of_test[name]) for name in of_known}
            with threadpool_limits(1):
                scores["feature_use"] = feature_use(split, columns, vectors)
        coordinates = coordinates_of(each.column for each in predictor.inputs) if of_known else None
        places = {name: found for name, each in result.embeddings.items() if (found := compare_with_map(each))}
        return {
            **scores,
            "target": {"name": split.target.name, "is_log": split.target.is_log},
            "unseen": predictor.n_unseen(split.dataset, split.test),
            "n_baseline_rows": baselines.n_known,
            "n_known": len(split.known),
            **({"winner": winner} if winner else {}),
            **({"places": places} if places else {}),
            **({"coordinates": list(coordinates)} if coordinates else {}),
        }

    def verdict(self, scores: Mapping[str, Any], counts: Mapping[str, int | float]) -> Verdict:
        """Return what the scores mean, with the name of the target; then which model wins, and why."""
        del counts
        stored = scores.get("target")
        target = stored if isinstance(stored, Mapping) else {}

        def sentence(score: Score) -> str:
            return _sentence(score, str(target.get("name", "target")), is_log=bool(target.get("is_log")))

        found = verdict_of_scores(scores, self.headline, sentence_of=sentence)
        return replace(found, reason=" ".join(_why(scores)))

    def notes(self, scores: Mapping[str, Any]) -> list[str]:
        """Say in which scale scores are, how many test rows have unseen values, and what the baselines learned from."""
        notes = []
        target = scores.get("target")
        if isinstance(target, Mapping) and target.get("is_log"):
            name = _named(str(target.get("name")))
            notes.append(f"R² is that of the logarithm of {name}; RMSE and MAE are in the units of {name}.")
        unseen = scores.get("unseen")
        if isinstance(unseen, Mapping) and unseen:
            listed = ", ".join(f"{one_line(str(name), _LONGEST_NAME)} {count:,}" for name, count in unseen.items())
            notes.append(f"Test rows with a value that no training row has: {listed}.")
        n_rows, n_known = scores.get("n_baseline_rows"), scores.get("n_known")
        if isinstance(n_rows, int) and isinstance(n_known, int) and n_rows < n_known:
            notes.append(f"The baselines learned from {n_rows:,} of {n_known:,} rows, drawn at random.")
        coordinates = scores.get("coordinates")
        if isinstance(coordinates, list) and coordinates:
            names = [one_line(str(name), _LONGEST_NAME) for name in coordinates]
            notes.append(
                f"The model got {' and '.join(names)}. Train with “Columns to leave out” set to {','.join(names)} to "
                "compare its vectors of places with the map."
            )
        return notes

    def details(self, scores: Mapping[str, Any]) -> list[str]:
        """Say which model wins, what the vectors do for others, and how far those of places resemble the map."""
        said = _why(scores)
        use = scores.get("feature_use")
        if isinstance(use, Mapping):
            title = "Accuracy" if use["score"] == "accuracy" else "R²"
            for name, model in MODELS.items():
                if isinstance(found := use.get(name), Mapping):
                    change = found["difference"]
                    low, high = change.get("low"), change.get("high")
                    interval = "" if low is None else f", 95 % interval {signed(low)} to {signed(high)}"
                    said.append(
                        f"{model}: {title} {found['one_hot']:.4g} with one-hot rows, {found['vectors']:.4g} with the "
                        f"learned vectors instead (difference {signed(change['value'])}{interval})."
                    )
        places = scores.get("places")
        for name, found in places.items() if isinstance(places, Mapping) else ():
            columns = " and ".join(one_line(str(each), _LONGEST_NAME) for each in found["columns"])
            said.append(
                f"{one_line(str(name), _LONGEST_NAME)}: rotated and scaled to fit, the vectors explain "
                f"{found['r2']:.0%} of the map by {columns}, which the model did not get "
                f"(chance {found['chance']:.0%})."
            )
        return said

    def part_sizes(self, parts: Parts) -> PartSizes:
        """Count the rows."""
        split = parts.held_out
        return PartSizes(len(split.train), len(split.validation), len(split.test))

    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the file name of the table."""
        del model
        return TABLE_FILE

    def write_data(
        self, dataset: TableDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path
    ) -> Path:
        """Write the columns that models get, the target on the scale on which it is predicted, and the part."""
        path = folder / self.data_file(model)
        typed_table(table_split(dataset, required(protocol))).to_csv(path, index=False)
        return path

    def start_words(self, dataset: TableDataset) -> Sequence[str]:
        """Return the words of all columns of text."""
        words: dict[str, None] = {}
        for column in dataset.used_of("text"):
            for cell in dataset.texts(column.name):
                words |= dict.fromkeys(words_of(cell))
        return list(words)


def typed_table(split: TableSplit) -> pd.DataFrame:
    """Return the rows that have a target; columns are named by type and name, such as `category:zipcode`."""
    dataset, target = split.dataset, split.target
    rows = dataset.labeled_rows
    described = dataset.metadata()
    columns: dict[str, Any] = {}
    for column in dataset.used:
        cells = dataset.texts(column.name) if column.name not in described else described[column.name]
        columns[f"{column.type}:{column.name}"] = cells.iloc[rows].to_numpy()
    if target.n_classes:
        columns[f"class:{target.name}"] = np.array(dataset.classes, object)[dataset.target_codes[rows]]
    else:
        columns[f"target:{'log ' if target.is_log else ''}{target.name}"] = split.targets(rows)
    columns[PART_COLUMN] = part_names(split)[rows]
    return pd.DataFrame(columns)


def _why(scores: Mapping[str, Any]) -> list[str]:
    """Return which model wins and why; empty for runs of earlier versions."""
    winner = scores.get("winner")
    return [str(winner["why"])] if isinstance(winner, Mapping) and winner.get("why") else []


def _named(target: str) -> str:
    """Return the name of the target in a sentence; a column of a file without a header has a number only."""
    name = one_line(target, _LONGEST_NAME)
    return f"column {name}" if name.isdigit() else name


def _sentence(score: Score, target: str, *, is_log: bool) -> str:
    name = _named(target)
    cases = f"{score.n_cases:,} " if score.n_cases else ""
    if score.name == "test_r2":
        what = f"the logarithm of {name}" if is_log else name
        share = max(0.0, score.value or 0.0)
        return f"The model explains {share:.1%} of the variance of {what} (R²) on {cases}held-out rows"
    if score.name == "test_accuracy":
        return f"The model predicted {name} of {text_of(score, score.value or 0.0)} of {cases}held-out rows correctly"
    return f"{score.title} of {text_of(score, score.value or 0.0)}"
