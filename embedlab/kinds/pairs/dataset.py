"""An imported dataset of pairs: the things of each kind, and the pairs of the left kind with the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.plain import one_line
from embedlab.core.stored import damage_errors, damaged, read_array, read_table
from embedlab.kinds.base import Imported
from embedlab.kinds.pairs.forms import FORMS, Form, values_in, words_of

Ints = npt.NDArray[np.int32]

#: The embedding of all things of a run.
THINGS = "things"
#: Its metadata column with the kind of each thing.
KIND_COLUMN = "kind"
VALUE, COUNT = "value", "count"
LEFT_FILE, RIGHT_FILE, KINDS_FILE, GROUPS_FILE = "left.npy", "right.npy", "right_kinds.npy", "groups.npy"
GROUP_NAMES_FILE = "group_names.parquet"
#: Pattern of the names of all files of a dataset.
FILES = r"(left|right|right_kinds|groups)\.npy|things_\d{1,2}\.parquet|pixels_\d{1,2}\.npy|group_names\.parquet"
#: A longer text has its number as key.
_LONGEST_KEY = 60
_LONGEST_LABEL = 160


@dataclass(frozen=True, eq=False)
class Things:
    """All things of one kind, those in most pairs first.

    Parameters
    ----------
    name
        Of the kind: the name of its column.
    form
        What its values are.
    separator
        Of several values in a cell, if the form is `tags`.
    values
        `n` different values: ids, texts, tags, or names of images.
    counts
        `(n,)` int64: the number of pairs of each.
    pixels
        `(n, height, width, channels)` uint8 if the form is `image`; channels are 1 or 3.
    """

    name: str
    form: Form
    separator: str
    values: Sequence[str]
    counts: npt.NDArray[np.int64]
    pixels: npt.NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def tokens(self, value: str) -> list[str]:
        """Return the tokens whose vectors are averaged for a value of this kind."""
        return tokens_of(value, self.form, self.separator)

    @cached_property
    def labels(self) -> list[str]:
        """Names for people, on one line."""
        return [one_line(value, _LONGEST_LABEL) or "?" for value in self.values]


def tokens_of(value: str, form: Form, separator: str) -> list[str]:
    """Return the tokens of a value: itself, or the words of a text, or the tags of a cell."""
    if form == "text":
        return words_of(value)
    return values_in(value, separator) if form == "tags" else [value]


@dataclass(frozen=True, eq=False)
class PairsDataset:
    """Things of several kinds and their pairs.

    Parameters
    ----------
    kinds
        The left kind first, then the right ones.
    left
        `(n_pairs,)` int32 rows of things of the left kind.
    right
        `(n_pairs,)` int32 rows of things of the kind in `right_kinds`.
    right_kinds
        `(n_pairs,)` int8 numbers of kinds, from 1.
    groups
        `(n_pairs,)` int32 groups; -1: none.
    group_names
        Names of the groups.
    imported
        What the import found.
    """

    kinds: Sequence[Things]
    left: Ints
    right: Ints
    right_kinds: npt.NDArray[np.int8]
    groups: Ints
    group_names: Sequence[str]
    imported: Imported

    def __len__(self) -> int:
        return len(self.left)

    def kind(self, name: str) -> int:
        """Return the number of the kind with a name; raises `KeyError` if there is none."""
        for number, each in enumerate(self.kinds):
            if each.name == name:
                return number
        raise KeyError(name)

    @cached_property
    def keys(self) -> list[list[str]]:
        """Keys of the things of each kind in the common embedding: their values, made different where they are not."""
        used: set[str] = set()
        found: list[list[str]] = []
        for kind in self.kinds:
            keys: list[str] = []
            for row, value in enumerate(kind.values):
                key = one_line(value, _LONGEST_KEY) if len(value) <= _LONGEST_KEY else ""
                if not key or key in used:
                    key = f"{one_line(value, _LONGEST_KEY - 20)} ({kind.name} {row + 1})".strip()
                while key in used:
                    key += "'"
                used.add(key)
                keys.append(key)
            found.append(keys)
        return found

    @cached_property
    def places(self) -> dict[str, tuple[int, int]]:
        """Kind and row of each key."""
        return {key: (kind, row) for kind, keys in enumerate(self.keys) for row, key in enumerate(keys)}

    @cached_property
    def token_names(self) -> list[str]:
        """All different ids, tags and words of each kind but images, made different by the name of the kind."""
        used: dict[str, None] = {}
        for kind in self.kinds:
            if kind.form == "image":
                continue
            for token in dict.fromkeys(token for value in kind.values for token in kind.tokens(value)):
                name = token if token not in used else f"{token} ({kind.name})"
                while name in used:
                    name += "'"
                used[name] = None
        return list(used)

    @classmethod
    def open(cls, folder: Path) -> PairsDataset:
        """Open the dataset in a folder; raises `StorageError` if it is damaged."""
        imported = Imported.load(folder)
        with damage_errors("dataset.json"):
            described = list(imported.details["kinds"])
            separator = str(imported.options.get("tag_separator", "|"))
            if len(described) < 2 or any(each["form"] not in FORMS for each in described):
                raise damaged("dataset.json")
        kinds = [_opened_things(folder, number, each, separator) for number, each in enumerate(described)]
        left, right, of_kind, groups = (
            read_array(folder / name, "i", n_dimensions=1) for name in (LEFT_FILE, RIGHT_FILE, KINDS_FILE, GROUPS_FILE)
        )
        names = read_table(folder / GROUP_NAMES_FILE, {VALUE: "text"})[VALUE].tolist()
        dataset = cls(kinds, left, right, of_kind, groups, names, imported)
        _check(dataset)
        return dataset


def _opened_things(folder: Path, number: int, described: Mapping[str, Any], separator: str) -> Things:
    table = read_table(folder / f"things_{number}.parquet", {VALUE: "text", COUNT: "number"})
    pixels = None
    if described["form"] == "image":
        pixels = read_array(folder / f"pixels_{number}.npy", "u", n_dimensions=4)
        if len(pixels) != len(table) or pixels.shape[3] not in (1, 3) or pixels.dtype != np.uint8:
            raise damaged(f"pixels_{number}.npy")
    return Things(
        str(described["name"]), described["form"], separator, table[VALUE].tolist(), table[COUNT].to_numpy(), pixels
    )


def _check(dataset: PairsDataset) -> None:
    """Raise `StorageError` if the arrays do not fit each other."""
    lengths = {len(each) for each in (dataset.left, dataset.right, dataset.right_kinds, dataset.groups)}
    if len(lengths) != 1 or not len(dataset):
        raise damaged(LEFT_FILE)
    sizes = np.array([len(each) for each in dataset.kinds])
    kinds = np.asarray(dataset.right_kinds)
    if kinds.min() < 1 or kinds.max() >= len(sizes):
        raise damaged(KINDS_FILE)
    if dataset.left.min() < 0 or dataset.left.max() >= sizes[0]:
        raise damaged(LEFT_FILE)
    if dataset.right.min() < 0 or (np.asarray(dataset.right) >= sizes[kinds]).any():
        raise damaged(RIGHT_FILE)
    if dataset.groups.min() < -1 or dataset.groups.max() >= len(dataset.group_names):
        raise damaged(GROUPS_FILE)


def things_table(values: Sequence[str], counts: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return the table of things that is stored."""
    return pd.DataFrame({VALUE: pd.Series(list(values), dtype="str"), COUNT: counts.astype(np.int64)})
