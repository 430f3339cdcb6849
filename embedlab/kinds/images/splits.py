"""Labeled images in a training, a validation and a test part."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.errors import InputError, TooLargeError
from embedlab.kinds.images.dataset import ImagesDataset
from embedlab.kinds.images.sources import TEST
from embedlab.kinds.protocols import Protocol

#: With more classes, labels are names of images.
MOST_CLASSES = 1000
#: A class with fewer different images is in the training part only.
FEWEST_OF_CLASS = 3

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ImagesSplit:
    """Rows of labeled images in three parts.

    Parameters
    ----------
    dataset
        The images.
    train, validation, test
        `(n,)` int64 rows, ascending. Models learn from `train`, are selected on `validation`, and tested once on
        `test`.
    n_duplicates, n_grouped
        Images with the same pixels as an earlier one, and images in groups of copies; a group is in one part.
    """

    dataset: ImagesDataset
    train: Rows
    validation: Rows
    test: Rows
    n_duplicates: int = 0
    n_grouped: int = 0

    @property
    def classes(self) -> tuple[str, ...]:
        """The different labels."""
        return self.dataset.classes

    def codes(self, rows: Rows) -> Rows:
        """Return the classes of rows, as places in `classes`."""
        return self.dataset.codes[rows]

    def without_test(self) -> ImagesSplit:
        """Return the split with an empty test part: what a model gets."""
        return replace(self, test=np.empty(0, np.int64))


def unlabeled(received: str) -> InputError:
    """Return the error of images without labels."""
    return InputError(
        "The images have no labels, which a classifier needs.",
        received=received,
        remedy="Import them again from folders named like the labels, or with a file of labels.",
    )


def check_classes(n_images: int, n_classes: int, *, received: str) -> None:
    """Raise `InputError` or `TooLargeError` for labels that a classifier cannot learn."""
    if n_classes < 2:
        raise InputError(
            "All images have the same label: there is nothing to classify.",
            received=received,
            remedy="Import images with at least two different labels.",
        )
    if n_classes > n_images / 2:
        raise InputError(
            "Most labels have only one image: they are names, not classes.",
            received=f"{n_classes:,} labels for {n_images:,} images",
            remedy="Use labels that repeat.",
        )
    if n_classes > MOST_CLASSES:
        raise TooLargeError(f"A classifier takes at most {MOST_CLASSES:,} classes.", received=f"{n_classes:,} labels")


def split_images(dataset: ImagesDataset, protocol: Protocol) -> ImagesSplit:
    """Split the labeled images, stratified by class; copies of an image are in the same part.

    Raises
    ------
    InputError
        There are no labels, only one class, as many classes as images, or too few images.
    TooLargeError
        There are more than `MOST_CLASSES` classes.
    """
    labeled = np.flatnonzero(dataset.codes >= 0)
    if not len(labeled):
        raise unlabeled(dataset.folder.name)
    check_classes(len(labeled), len(dataset.classes), received=", ".join(dataset.classes[:1]))
    codes = dataset.codes[labeled]
    groups = _groups(dataset, labeled) if protocol.duplicates == "together" else np.arange(len(labeled))
    first_of = np.unique(groups, return_index=True)[1]
    sizes = np.bincount(groups)
    published = (dataset.table["part"].to_numpy() == TEST)[labeled]
    if published.any():
        is_test = published
        # A copy of a test image must not select a model, so it stays in the training part.
        free = np.setdiff1d(np.arange(len(sizes)), groups[is_test])
        drawn = _draw(codes[first_of[free]], protocol.seed, protocol.validation_share)
        is_validation = np.isin(groups, free[drawn]) & ~is_test
    else:
        free = np.arange(len(sizes))
        in_test = _draw(codes[first_of], protocol.seed, protocol.test_share)
        rest = free[~in_test]
        share = protocol.validation_share / (1 - protocol.test_share)
        drawn = _draw(codes[first_of[rest]], protocol.seed + 1, share)
        is_test, is_validation = np.isin(groups, free[in_test]), np.isin(groups, rest[drawn])
    split = ImagesSplit(
        dataset,
        labeled[~is_test & ~is_validation],
        labeled[is_validation],
        labeled[is_test],
        n_duplicates=len(labeled) - len(sizes),
        n_grouped=int(sizes[sizes > 1].sum()),
    )
    if not len(split.test) or not len(split.validation) or len(np.unique(dataset.codes[split.train])) < 2:
        raise InputError(
            "There are too few images for a training, a validation and a test part.",
            received=f"{len(labeled):,} labeled images, {len(sizes):,} of them different",
            remedy="Use at least 10 different images, several of each label.",
        )
    return split


def _groups(dataset: ImagesDataset, rows: Rows) -> Rows:
    """Return the group of each image: the same number for the same pixels."""
    digests = [hashlib.blake2b(dataset.pixels[row].tobytes(), digest_size=16).digest() for row in rows.tolist()]
    return pd.factorize(pd.Series(digests))[0].astype(np.int64)


def _draw(codes: Rows, seed: int, share: float) -> npt.NDArray[np.bool_]:
    """Draw a share of each class at random; classes with very few images are not drawn from."""
    order = np.lexsort((np.random.default_rng(seed).random(len(codes)), codes))
    order = order[(np.bincount(codes)[codes] >= FEWEST_OF_CLASS)[order]]
    marks = np.floor(np.arange(len(order) + 1) * share + 0.5)
    chosen = np.zeros(len(codes), bool)
    chosen[order[np.diff(marks) > 0]] = True
    return chosen
