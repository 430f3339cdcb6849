"""Rows of numbers: vectors that keep as much of them as possible, evaluated on held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.kind import Kind
from embedlab.evaluation.differences import read_differences
from embedlab.evaluation.numeric_rows import (
    EXPLAINED,
    KNN,
    MOST_CANDIDATES,
    MOST_QUERIES,
    N_RECALLED,
    RECALL,
    Neighbors,
    explained_entries,
    joined,
    knn_entries,
    nearest_by_cosine,
    nearest_by_distance,
    recall_entries,
    sample_rows,
)
from embedlab.evaluation.score import Score, ScoreKind, baseline_title
from embedlab.evaluation.scores import main_score, read_baselines, read_scores, refuse_not_finite
from embedlab.evaluation.verdicts import Level, Verdict, share
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.table.dataset import TableDataset
from embedlab.models.contract.abilities import PlacesRows
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.models.shared.dense_rows.components import pca_placer, principal_components
from embedlab.models.shared.dense_rows.scaling import fit_scaling
from embedlab.models.shared.dense_rows.split import RowsSplit, is_known
from embedlab.models.shared.dense_rows.table_split import rows_split
from embedlab.tasks.base import Parts, PartSizes, Task, required
from embedlab.workspace.rows import DatasetRow

#: A table of the key, the part, and the numeric columns.
ROWS_FILE = "rows.csv"
OWN = "run"
#: A column with more values is a name rather than a class.
MOST_CLASSES = 50


class RowsTask(Task[TableDataset]):
    """Compare rows by their numeric columns."""

    name: ClassVar[str] = "rows"
    title: ClassVar[str] = "Compare rows"
    goal: ClassVar[str] = "Find similar rows"
    kind: ClassVar[Kind] = Kind("table")
    cases: ClassVar[str] = "Rows"
    uses_split: ClassVar[bool] = True
    headline: ClassVar[str] = EXPLAINED
    baselines: ClassVar[tuple[str, ...]] = ("mean", "pca", "standardized", "majority")
    score_kinds: ClassVar[Mapping[str, ScoreKind]] = {
        EXPLAINED: ScoreKind("Explained variance (held out)", "higher", "test", 1.0),
        RECALL: ScoreKind("Neighbor recall@10", "higher", "test", 1.0, counted_as="n_neighbor_queries"),
        KNN: ScoreKind("k-NN accuracy", "higher", "test", 1.0, counted_as="n_labeled_queries"),
        "validation_explained_variance": ScoreKind("Validation explained variance", "higher", "validation", 1.0),
        "validation_mse": ScoreKind("Validation MSE", "lower", "validation", 0.0),
        "train_mse": ScoreKind("Training MSE", "lower", "training", 0.0, measures_quality=False),
    }
    baseline_titles: ClassVar[Mapping[str, str]] = {
        "mean": "Mean of each column",
        "pca": "PCA of the same width",
        "standardized": "Standardized columns",
    }

    def refusal(self, dataset: DatasetRow) -> EmbedLabError | None:
        """Refuse a table without a column of numbers that models get."""
        if dataset.counts.get("numbers"):
            return None
        return InputError(
            "The table has no column of numbers to compare rows by.",
            received=dataset.name,
            remedy="Import it again, and set the type of a column to number.",
        )

    def split(self, dataset: TableDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        """Split the rows."""
        del scratch
        split = rows_split(dataset, required(protocol))
        return Parts(split.without_test(), split)

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return how much of the held-out rows their vectors keep; empty if the result cannot place rows."""
        placer, split = result.ability(PlacesRows), parts.held_out
        if placer is None:
            return {}
        return score_rows(placer, split)

    def verdict(self, scores: Mapping[str, Any], counts: Mapping[str, int | float]) -> Verdict:
        """Judge the explained variance by PCA of the same width, and say how well neighbors predict a label."""
        main = main_score(scores, self.headline)
        if main is None or main.value is None or main.name != self.headline:
            return super().verdict(scores, counts)
        level, text = _by_pca(self.headline_sentence(main), main, scores)
        labels = label_sentence(scores)
        return Verdict(level, f"{text} {labels}".strip(), main)

    def headline_sentence(self, score: Score) -> str:
        """Return the explained variance."""
        if score.name != self.headline:
            return super().headline_sentence(score)
        of = f" {score.n_cases:,}" if score.n_cases else ""
        return f"The vectors explain {share(score.value or 0.0)} of the variance of{of} held-out rows"

    def notes(self, scores: Mapping[str, Any]) -> list[str]:
        """Say what cosine similarity compares, and whether Euclidean distance would be more apt."""
        return [similarity_note(scores)] if RECALL in scores else []

    def part_sizes(self, parts: Parts) -> PartSizes:
        """Count the rows."""
        split = parts.held_out
        return PartSizes(len(split.train), len(split.validation), len(split.test))

    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the file name of the table."""
        del model
        return ROWS_FILE

    def write_data(
        self, dataset: TableDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path
    ) -> Path:
        """Write all rows with their part."""
        path = folder / self.data_file(model)
        split = rows_split(dataset, required(protocol))
        part = np.full(len(split.keys), "train", dtype=object)
        part[split.validation], part[split.test] = "validation", "test"
        table = pd.DataFrame(dict(enumerate(split.values.arrays))).set_axis(list(split.columns), axis=1)
        # A column of the table may have the name of one of these.
        table.insert(0, "part", part, allow_duplicates=True)
        table.insert(0, "key", list(split.keys), allow_duplicates=True)
        table.to_csv(path, index=False)
        return path


def score_rows(placer: PlacesRows, split: RowsSplit) -> dict[str, Any]:
    """Return the scores of an encoder of rows beside the mean, PCA of the same width, and the standardized columns."""
    known = split.known
    scaling = fit_scaling(split, known)
    components = principal_components(split, known, scaling)
    n = min(placer.vector_size, len(components.variances))
    pca = pca_placer(tuple(split.columns), scaling, components, n, whiten=False)
    errors: dict[str, list[npt.NDArray[np.float64]]] = {OWN: [], "pca": [], "mean": []}
    for block in split.blocks(split.test):
        restored = placer.reconstruct(block)
        refuse_not_finite(restored)
        standard, known_numbers = scaling.standardize(block), is_known(block)
        differences = {
            OWN: scaling.standardize(restored) - standard,
            "pca": pca.decode(pca.encode(standard)) - standard,
            "mean": standard,
        }
        for name, difference in differences.items():
            errors[name].append(np.square(difference * known_numbers, dtype=np.float64).sum(axis=1))
    of_rows = {name: np.concatenate(each) if each else np.zeros(0) for name, each in errors.items()}
    entries = [
        {"n_test": len(split.test), "vector_size": placer.vector_size},
        explained_entries(of_rows, of_rows["mean"], OWN),
    ]
    candidates, queries = sample_rows(known, MOST_CANDIDATES), sample_rows(split.test, MOST_QUERIES)
    k = min(N_RECALLED, len(candidates) - 1)
    if k < 1 or not len(queries):
        return joined(entries)
    values = split.values.rows(queries), split.values.rows(candidates)
    standard_rows = scaling.standardize(values[0]), scaling.standardize(values[1])
    vectors = placer.vectors(values[0]), placer.vectors(values[1])
    found = {
        OWN: Neighbors(nearest_by_cosine(*vectors, k)),
        "pca": Neighbors(nearest_by_cosine(pca.encode(standard_rows[0]), pca.encode(standard_rows[1]), k)),
        "standardized": Neighbors(nearest_by_cosine(*standard_rows, k)),
    }
    by_distance = Neighbors(nearest_by_distance(*vectors, k))
    truth = Neighbors(nearest_by_distance(*standard_rows, k))
    entries.append(recall_entries(truth, found, OWN))
    of_distance = recall_entries(truth, {OWN: by_distance}, OWN)
    euclidean = {RECALL: of_distance[RECALL]}
    label = label_column(split.metadata, known)
    if label is not None:
        codes, names = pd.factorize(_labels(split.metadata[label]), use_na_sentinel=True)
        is_asked = codes[queries] >= 0
        if is_asked.any():
            asked = {name: Neighbors(each.nearest[is_asked]) for name, each in found.items()}
            majority = int(np.bincount(codes[known][codes[known] >= 0]).argmax())
            wanted = codes[queries][is_asked]
            entries.append(knn_entries(asked, OWN, codes[candidates], wanted, majority))
            of_distance = knn_entries(
                {OWN: Neighbors(by_distance.nearest[is_asked])}, OWN, codes[candidates], wanted, majority
            )
            euclidean[KNN] = of_distance[KNN]
            entries.append({"label_column": label, "n_classes": len(names)})
    return {**joined(entries), "euclidean": euclidean}


def label_column(metadata: pd.DataFrame, known: npt.NDArray[np.int64]) -> str | None:
    """Return the metadata column whose values neighbors can share: of 2 to 50 values that occur twice on average.

    The first such column that is not a number; None if there is none.
    """
    for name in metadata.columns:
        column = metadata[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            continue
        values = _labels(column).iloc[known].dropna()
        n_values = values.nunique()
        if 2 <= n_values <= min(MOST_CLASSES, len(values) // 2):
            return str(name)
    return None


def _labels(column: pd.Series[Any]) -> pd.Series[Any]:
    text = column.astype("string")
    return text.mask(text == "")


def _by_pca(sentence: str, main: Score, scores: Mapping[str, Any]) -> tuple[Level, str]:
    difference = read_differences(scores).get("pca", {}).get(main.name)
    if difference is None and read_baselines(scores):
        # The baseline is left out where the run is a PCA.
        return "good", f"{sentence}. It is a PCA, which explains the most that linear vectors of this width can."
    if difference is None:
        return "unknown", f"{sentence}. There is no baseline to compare it with."
    name, reached = baseline_title("pca"), share(difference.baseline.value or 0.0)
    if difference.outcome == "both_best":
        return "good", f"{sentence}: nothing is lost."
    if difference.value == 0:
        return "good", f"{sentence}, the same as {name}: no other linear model of this width reconstructs more."
    if difference.outcome == "better":
        return "good", f"{sentence}, better than {name} ({reached})."
    if difference.outcome == "worse":
        return "low", f"{sentence}. {name} wins ({reached}): use PCA, or train with more units or epochs."
    if difference.outcome == "indistinguishable":
        return "unknown", f"{sentence}, not distinguishable from {name} ({reached}), which is simpler and quicker."
    return "unknown", f"{sentence}; {name}: {reached}."


def label_sentence(scores: Mapping[str, Any]) -> str:
    """Return how well neighbors predict the label of held-out rows; empty without labels."""
    own, column = read_scores(scores).get(KNN), scores.get("label_column")
    if own is None or own.value is None or not isinstance(column, str):
        return ""
    baselines = read_baselines(scores)
    others = [
        f"{title} {share(baselines[name][KNN].value or 0.0)}"
        for name, title in (("majority", "most frequent value"), ("standardized", "standardized columns"))
        if KNN in baselines.get(name, {})
    ]
    return f"Neighbors predict “{column}” for {share(own.value)} of the rows ({', '.join(others)})."


def similarity_note(scores: Mapping[str, Any]) -> str:
    """Return what cosine similarity compares here, and whether Euclidean distance keeps more neighbors."""
    euclidean = scores.get("euclidean")
    by_distance = euclidean.get(RECALL) if isinstance(euclidean, Mapping) else None
    by_cosine = scores.get(RECALL)
    note = (
        "Cosine similarity compares the pattern of a row: which columns are above and below the mean. It ignores how "
        "far the row is from the mean."
    )
    if not isinstance(by_distance, int | float) or not isinstance(by_cosine, int | float):
        return note
    kept = f"{share(by_distance)} of the true neighbors instead of {share(by_cosine)}"
    if by_distance > by_cosine + 0.05:
        return f"{note} Here magnitude matters: Euclidean distance of the same vectors keeps {kept}."
    return f"{note} Euclidean distance of the same vectors keeps {kept}, which is no clear gain."
