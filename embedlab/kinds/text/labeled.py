"""Labeled documents in a training, a validation and a test part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import InputError, TooLargeError
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.text.layouts.column_files import TEST, TRAIN
from embedlab.kinds.text.signatures import document_signatures

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset

#: With more classes, labels are names of documents, and a confusion matrix cannot be shown.
MOST_CLASSES = 1000
#: A class with fewer distinct documents is in the training part only and is not evaluated.
FEWEST_OF_CLASS = 3
_BATCH = 500

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LabeledDocuments:
    """Documents with their classes.

    Parameters
    ----------
    rows
        `(n,)` int64 indices of the documents in their dataset.
    codes
        `(n,)` int64 indices of their classes in the list of classes.
    """

    rows: Rows
    codes: Rows

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def empty(cls) -> LabeledDocuments:
        """Return an empty set of documents."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64))

    def words(self, dataset: TextDataset) -> list[list[str]]:
        """Return the words of each document, read in the order of the file."""
        found: list[list[str]] = [[] for _ in range(len(self))]
        order = np.argsort(self.rows, kind="stable")
        start = 0
        while start < len(order):
            first = int(self.rows[order[start]])
            stop = start + int(np.searchsorted(self.rows[order[start:]], first + _BATCH))
            last = int(self.rows[order[stop - 1]])
            documents = dataset.documents(first, last + 1)
            for place in order[start:stop].tolist():
                found[place] = documents[int(self.rows[place]) - first]
            start = stop
        return found


@dataclass(frozen=True)
class LabeledSplit:
    """A labeled text, split into three parts.

    Parameters
    ----------
    dataset
        The text.
    classes
        The distinct labels, most frequent first.
    train, validation, test
        Models learn from `train`, are selected on `validation`, and tested once on `test`. A class with very few
        documents is in `train` only.
    n_duplicates
        Number of labeled documents with the same words as an earlier one.
    n_grouped_documents
        Number of labeled documents with the same words as another one; such groups are never split. 0 if documents were
        split one by one.
    """

    dataset: TextDataset
    classes: tuple[str, ...]
    train: LabeledDocuments
    validation: LabeledDocuments
    test: LabeledDocuments
    n_duplicates: int = 0
    n_grouped_documents: int = 0

    def without_test(self) -> LabeledSplit:
        """Return the split with an empty test part: what a model gets."""
        return replace(self, test=LabeledDocuments.empty())


def split_labeled(
    dataset: TextDataset,
    seed: int,
    *,
    validation_share: float = 0.1,
    test_share: float = 0.2,
    group_duplicates: bool = True,
) -> LabeledSplit:
    """Split the labeled documents, stratified by class; documents without words or label are excluded.

    Documents with the same words are a group, and a group is never split: otherwise a training document would also be
    a test document. The shares are those of the distinct documents of a class; a group has the label of most of its
    documents. A group as large as half of the test part of its class is in `train`.

    Parameters
    ----------
    dataset
        A text with labels.
    seed
        The same seed gives the same parts.
    validation_share, test_share
        Of the documents. A published test part is used as it is: `test_share` is then ignored, and only the validation
        part is drawn, from the other documents.
    group_duplicates
        False splits documents one by one, as earlier versions did; only to reproduce their runs.

    Raises
    ------
    InputError
        There are no labels, only one class, as many classes as documents, or too few documents.
    TooLargeError
        There are more than `MOST_CLASSES` classes.
    """
    rows, labels = _labeled(dataset)
    counts = labels.value_counts()
    classes = tuple(str(label) for label in counts.sort_index().sort_values(ascending=False, kind="stable").index)
    check_classes(len(rows), len(classes), received=", ".join(classes) or "no labeled document with words")
    codes = pd.Categorical(labels, categories=list(classes)).codes.astype(np.int64)
    groups = _groups(dataset, rows) if group_duplicates else np.arange(len(rows), dtype=np.int64)
    sizes = np.bincount(groups)
    published = None if dataset.parts is None else dataset.parts[rows]
    if published is None:
        test_groups, validation_groups = _draw(
            _group_codes(groups, codes, len(classes)), sizes, seed, validation_share, test_share
        )
        test, validation = (np.flatnonzero(np.isin(groups, drawn)) for drawn in (test_groups, validation_groups))
        train = np.setdiff1d(np.arange(len(rows)), np.concatenate([test, validation]))
    else:
        test, learn = np.flatnonzero(published == TEST), np.flatnonzero(published == TRAIN)
        # A copy of a test document must not select a model either, so it stays in the training part.
        own = np.setdiff1d(groups[learn], groups[test])
        places = learn[np.isin(groups[learn], own)]
        own_groups, renumbered = np.unique(groups[places], return_inverse=True)
        _, drawn = _draw(
            _group_codes(renumbered, codes[places], len(classes)),
            np.bincount(renumbered),
            seed,
            validation_share,
            0.0,
        )
        validation = learn[np.isin(groups[learn], own_groups[drawn])]
        train = np.setdiff1d(learn, validation)
    if not len(test) or not len(validation):
        raise InputError(
            "There are too few documents for a training, a validation and a test part.",
            received=f"{len(rows)} documents with a label and words, {len(sizes)} of them different",
            remedy="Use at least 10 different documents, several of each label.",
        )
    train_part, validation_part, test_part = (
        LabeledDocuments(rows[part], codes[part]) for part in (train, validation, test)
    )
    return LabeledSplit(
        dataset,
        classes,
        train_part,
        validation_part,
        test_part,
        n_duplicates=len(rows) - len(sizes),
        n_grouped_documents=int(sizes[sizes > 1].sum()),
    )


def labeled_split(dataset: TextDataset, protocol: Protocol) -> LabeledSplit:
    """Split labeled documents by a protocol; raises what `split_labeled` raises."""
    return split_labeled(
        dataset,
        protocol.seed,
        validation_share=protocol.validation_share,
        test_share=protocol.test_share,
        group_duplicates=protocol.duplicates == "together",
    )


def _groups(dataset: TextDataset, rows: Rows) -> Rows:
    """Return the group of each document: the same number for the same words, from 0 in the order of the documents."""
    signatures = document_signatures(dataset).values[rows]
    return pd.factorize(signatures)[0].astype(np.int64)


def _group_codes(groups: Rows, codes: Rows, n_classes: int) -> Rows:
    """Return the class of each group: that of most of its documents; in a tie, the more frequent class."""
    pairs, counts = np.unique(groups * n_classes + codes, return_counts=True)
    of_group, code = np.divmod(pairs, n_classes)
    order = np.lexsort((code, -counts, of_group))
    first = np.unique(of_group[order], return_index=True)[1]
    chosen: Rows = code[order][first]
    return chosen


def _draw(codes: Rows, sizes: Rows, seed: int, validation_share: float, test_share: float) -> tuple[Rows, Rows]:
    """Return the groups of the test and of the validation part, given the class and the size of every group."""
    n_documents = np.bincount(codes, weights=sizes)
    largest = np.maximum(1.0, (test_share or validation_share) * n_documents / 2)
    usable = (np.bincount(codes)[codes] >= FEWEST_OF_CLASS) & (sizes <= largest[codes])
    order = np.lexsort((np.random.default_rng(seed).random(len(codes)), codes))
    order = order[usable[order]]
    is_test = _spread(len(order), test_share)
    rest = order[~is_test]
    is_validation = _spread(len(rest), validation_share / (1 - test_share))
    return order[is_test], rest[is_validation]


def _labeled(dataset: TextDataset) -> tuple[Rows, pd.Series[str]]:
    """Return the documents that have words and a label, and the labels."""
    if dataset.labels is None:
        raise unlabeled(dataset.folder.name)
    labels = dataset.labels["label"]
    named = labels.notna().to_numpy() & (labels != "").fillna(False).to_numpy(dtype=bool)
    rows = np.flatnonzero(named & (np.diff(dataset.document_starts) > 0)).astype(np.int64)
    return rows, labels.iloc[rows].astype("str")


def unlabeled(received: str) -> InputError:
    """Return the error of a text without labels."""
    return InputError(
        "The documents have no labels, which a classifier needs.",
        received=received,
        remedy="Import the text again as a table and choose the column with the labels.",
    )


def check_classes(n_documents: int, n_classes: int, *, received: str) -> None:
    """Raise `InputError` or `TooLargeError` for labels that a classifier cannot learn; `received` is the only label."""
    if n_classes < 2:
        raise InputError(
            "All documents have the same label: there is nothing to classify.",
            received=received,
            remedy="Choose a label column with at least two different labels.",
        )
    if n_classes > n_documents / 2:
        raise InputError(
            "Most labels have only one document: they are names, not classes.",
            received=f"{n_classes:,} labels for {n_documents:,} documents",
            remedy="Choose a column whose labels repeat.",
        )
    if n_classes > MOST_CLASSES:
        raise TooLargeError(
            f"A classifier takes at most {MOST_CLASSES:,} classes.",
            received=f"{n_classes:,} labels",
            remedy="Choose a coarser label column.",
        )


def _spread(n: int, share: float) -> npt.NDArray[np.bool_]:
    """Select a share of `n` positions evenly (systematic sampling), so that every range of them gets its share."""
    marks = np.floor(np.arange(n + 1) * share + 0.5)
    chosen: npt.NDArray[np.bool_] = np.diff(marks) > 0
    return chosen
