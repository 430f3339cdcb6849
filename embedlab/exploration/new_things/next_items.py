"""What comes next after items that somebody chose, and which of them it depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from embedlab.core.errors import InputError
from embedlab.core.similarity import checked_topn
from embedlab.kinds.sequences.dataset import SequencesDataset
from embedlab.kinds.sequences.histories import Histories
from embedlab.models.contract.sequence_abilities import ContinuesSequence

#: Items of a history that can be given.
MOST_GIVEN = 1_000
#: Scores in memory at a time (64 MB) while the influence of each item of a history is computed.
_MOST_SCORES = 1 << 24


class NextAnswer(NamedTuple):
    """An item that may come next.

    Parameters
    ----------
    row
        Of the dataset's items.
    key, label
        The item.
    score
        Of the model, higher is better.
    probability
        According to the model; None if its scores do not imply any.
    n_events
        Events of the item in the dataset.
    """

    row: int
    key: str
    label: str
    score: float
    probability: float | None
    n_events: int


class Influence(NamedTuple):
    """How much the score of an answer falls if one item is left out of the history; negative: it rises."""

    key: str
    label: str
    change: float


@dataclass(frozen=True)
class Continued:
    """The items after a history.

    Parameters
    ----------
    answers
        Best first.
    history
        Rows of the given items that the dataset has, in order.
    unknown
        Given items that it does not have; they are left out.
    n_untrained
        Given items that have no event in training.
    """

    answers: tuple[NextAnswer, ...]
    history: tuple[int, ...]
    unknown: tuple[str, ...]
    n_untrained: int = 0


def rows_of(dataset: SequencesDataset, given: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return the rows of items given by key or, if only one item has it, by title; and those that do not exist.

    Raises
    ------
    InputError
        More than `MOST_GIVEN` items are given.
    """
    if len(given) > MOST_GIVEN:
        raise InputError(
            f"A history can have at most {MOST_GIVEN:,} items.",
            received=f"{len(given):,} items",
            remedy="Give the last ones only.",
        )
    items = dataset.items
    row_of_key = dict(zip(items["key"], range(len(items)), strict=True))
    labels = items["label"].astype(str)
    is_single = ~labels.duplicated(keep=False)
    row_of_label = {label: row for row, (label, single) in enumerate(zip(labels, is_single, strict=True)) if single}
    rows, unknown = [], []
    for text in (each.strip() for each in given):
        row = row_of_key.get(text, row_of_label.get(text))
        if row is None:
            unknown.append(text)
        else:
            rows.append(row)
    return rows, unknown


def next_items(ability: ContinuesSequence, dataset: SequencesDataset, given: Sequence[str], topn: int) -> Continued:
    """Return the items that probably come next.

    Items of the history are left out unless items of the dataset occur repeatedly in a sequence.

    Parameters
    ----------
    given
        Keys or titles, oldest first; may be empty.

    Raises
    ------
    InputError
        Items are given, and none of them is known.
    ParameterError
        `topn` is out of bounds.
    """
    checked_topn(topn)
    rows, unknown = rows_of(dataset, given)
    if given and not rows:
        raise InputError(
            "None of the items is in the dataset.",
            received=", ".join(unknown[:5]),
            remedy="Check the spelling; items are given by key or title.",
        )
    scores = np.array(ability.next_scores(Histories.of([rows])))
    n_untrained = int(np.isneginf(scores[0, rows]).sum())
    if not dataset.predicts_repeats:
        scores[0, rows] = -np.inf
    probabilities = ability.probabilities(scores) if np.isfinite(scores).any() else None
    if probabilities is not None:
        # Of the items that may come next, without those left out.
        probabilities = probabilities / max(float(probabilities.sum()), 1e-30)
    order = np.argsort(-scores[0], kind="stable")[:topn]
    order = order[np.isfinite(scores[0, order])]
    items = dataset.items
    keys, labels, counts = (items[name].to_numpy() for name in ("key", "label", "count"))
    answers = tuple(
        NextAnswer(
            row,
            str(keys[row]),
            str(labels[row]),
            float(scores[0, row]),
            None if probabilities is None else float(probabilities[0, row]),
            int(counts[row]),
        )
        for row in order.tolist()
    )
    return Continued(answers, tuple(rows), tuple(unknown), n_untrained)


def influences(
    ability: ContinuesSequence, dataset: SequencesDataset, history: Sequence[int], targets: Sequence[int]
) -> list[list[Influence]]:
    """Return by how much the score of each target falls without each item of the history, the largest change first.

    The changes of a model that is not linear do not add up to its score.

    Parameters
    ----------
    history, targets
        Rows of items.
    """
    histories = [list(history), *([*history[:place], *history[place + 1 :]] for place in range(len(history)))]
    step = max(1, _MOST_SCORES // max(1, ability.n_items))
    blocks = (histories[start : start + step] for start in range(0, len(histories), step))
    scores = np.concatenate([ability.next_scores(Histories.of(block))[:, list(targets)] for block in blocks])
    # Both are -inf if a target is no item of the training.
    with np.errstate(invalid="ignore"):
        changes = scores[0].astype(np.float64) - scores[1:]
    keys, labels = dataset.items["key"], dataset.items["label"]
    return [
        sorted(
            (
                Influence(str(keys.iat[row]), str(labels.iat[row]), float(change))
                for row, change in zip(history, of_target, strict=True)
                if np.isfinite(change)
            ),
            key=lambda each: -abs(each.change),
        )
        for of_target in changes.T
    ]
