"""The evaluation protocols of datasets and runs: reading, changing and counting them."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from embedlab.core.errors import InputError, ParameterError
from embedlab.core.kind import Counts
from embedlab.kinds.protocols import PROTOCOL_NAMES, Protocol, ProtocolName, draws_at_random
from embedlab.kinds.registry import kind as kind_of
from embedlab.models.registry import MODELS
from embedlab.tasks.base import PartSizes, RatingScale, Task
from embedlab.tasks.registry import task_of_model, tasks_for
from embedlab.workspace.rows import DatasetRow, RunRow
from embedlab.workspace.tables import datasets, runs
from embedlab.workspace.workspace import Workspace


def is_judged_on_split(model_name: str) -> bool:
    """Return whether runs of a model are evaluated on a test part of their dataset."""
    task = task_of_model(model_name)
    return task is not None and task.uses_split


def _split_task(dataset: DatasetRow) -> Task[Any] | None:
    """Return the first task that splits datasets of this kind and is possible on this one."""
    tasks = (task for task in tasks_for(dataset.kind) if task.uses_split)
    return next((task for task in tasks if task.refusal(dataset) is None), None)


def has_split(dataset: DatasetRow) -> bool:
    """Return whether models can be evaluated on a part of the dataset: ratings, and texts with labels."""
    return _split_task(dataset) is not None


def cases_of(dataset: DatasetRow) -> str:
    """Return the name of the cases that a dataset is split into, to show."""
    return _required_split_task(dataset).cases


def _required_split_task(dataset: DatasetRow) -> Task[Any]:
    task = _split_task(dataset)
    if task is None:
        raise InputError(
            "This dataset has no evaluation protocol, because it has no test part.",
            received=dataset.name,
            remedy="Choose a dataset of ratings, or a text with labels.",
        )
    return task


def dataset_protocol(dataset: DatasetRow) -> Protocol:
    """Return the protocol for new runs on a dataset; raises `InputError` for vectors and damaged protocols."""
    if dataset.protocol is not None:
        return Protocol.from_dict(dataset.protocol)
    return kind_of(dataset.kind).default_protocol(dataset.counts)


def run_protocol(run: RunRow, dataset: DatasetRow) -> Protocol | None:
    """Return the evaluation protocol of a run; None for runs that use no split.

    Runs of versions without protocols were split with the seed of their model, with duplicates treated separately.

    Raises
    ------
    InputError
        The stored protocol is damaged.
    """
    return _protocol(run.protocol, run.model, run.parameters, dataset)


def _protocol(
    stored: Mapping[str, Any] | None, model_name: str, parameters: Mapping[str, Any], dataset: DatasetRow
) -> Protocol | None:
    if stored is not None:
        return Protocol.from_dict(stored)
    if not is_judged_on_split(model_name):
        return None
    return kind_of(dataset.kind).protocol_before_0004(dataset.counts, seed=int(parameters.get("seed", 0)))


def new_run_protocol(model_name: str, dataset: DatasetRow, *, without_test: bool = False) -> Protocol | None:
    """Return the protocol of a new run; None for models that use no split.

    Parameters
    ----------
    without_test
        For models that train words without labels: exclude the test part, so that a classifier evaluated on it may
        start from the words.

    Raises
    ------
    InputError
        The test part is to be excluded, but the dataset has none or the model uses a split.
    """
    if is_judged_on_split(model_name):
        if without_test:
            raise InputError(
                "This model never trains on the test part.", received=model_name, remedy="Leave the option out."
            )
        return dataset_protocol(dataset)
    if not without_test:
        return None
    protocol = checked_protocol(dataset)
    if not may_leave_out_test(model_name, dataset):
        raise InputError(
            "This dataset has no test part to exclude from the training.",
            received=dataset.name,
            remedy="Leave the option out.",
        )
    return protocol


def may_leave_out_test(model_name: str, dataset: DatasetRow) -> bool:
    """Return whether a run that is not evaluated on the dataset's test part can be trained without it."""
    task = task_of_model(model_name)
    return task is not None and not task.uses_split and task.may_leave_out_test(dataset) and has_split(dataset)


def first_run_protocol(model_name: str, kind: str, counts: Counts) -> Protocol | None:
    """Return the protocol of a run that is queued together with the import of its dataset."""
    return kind_of(kind).default_protocol(counts) if is_judged_on_split(model_name) else None


def set_protocol(
    workspace: Workspace,
    dataset_id: str,
    *,
    name: str | None = None,
    seed: int | None = None,
    validation_share: float | None = None,
    test_share: float | None = None,
    history_share: float | None = None,
    positive_from: float | None = None,
) -> Protocol:
    """Change the protocol for new runs on a dataset; earlier runs keep theirs.

    Parameters
    ----------
    name
        New protocol, one of `protocol_names`; its shares are the defaults of the kind unless they are given.
    seed, validation_share, test_share, history_share, positive_from
        New values; None keeps the current one.

    Raises
    ------
    InputError
        The dataset has no split, or cannot be split this way.
    ParameterError
        A value is out of bounds, or the test part is published and `test_share` is set.
    NotFoundError
        There is no such dataset.
    """
    dataset = workspace.dataset(dataset_id)
    current = checked_protocol(dataset)
    _refuse_unused(dataset, name or current.name, seed, history_share, positive_from)
    if current.name == "published" and test_share is not None:
        raise ParameterError(
            "The test part of this dataset is published, so its share cannot be changed.",
            received=f"test_share={test_share:g}",
            remedy="Leave out the share of the test part.",
        )
    given = {
        "seed": seed,
        "validation_share": validation_share,
        "test_share": test_share,
        "history_share": history_share,
        "positive_from": positive_from,
    }
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    scale = rating_scale(dataset)
    if scale is not None and positive_from == scale.positive_from:
        # The default has no value of its own, so that runs before and after can be compared.
        changes["positive_from"] = None
    # New runs never separate duplicates, even if an earlier protocol did.
    chosen = replace(named_protocol(dataset, current, name), **changes, duplicates="together")
    # Check that the dataset can be split this way before storing anything.
    part_sizes(workspace, dataset, chosen)
    update = sa.update(datasets).where(datasets.c.id == dataset.id, datasets.c.owner == dataset.owner)
    with workspace.transaction() as connection:
        connection.execute(update.values(protocol=chosen.as_dict()))
    return chosen


def _refuse_unused(
    dataset: DatasetRow, name: str, seed: int | None, history_share: float | None, positive_from: float | None
) -> None:
    """Raise `ParameterError` for a value that this protocol, or this dataset, has no use for."""
    if history_share is not None and name != "unseen-users":
        raise ParameterError(
            "Only the protocol unseen-users gives a part of the ratings of held-out users.",
            received=f"history_share={history_share:g}",
            remedy="Leave the share out, or choose the protocol unseen-users.",
        )
    if seed and name in PROTOCOL_NAMES and not draws_at_random(name):
        raise ParameterError(
            "The parts of this protocol are not drawn at random.",
            received=f"seed={seed}",
            remedy="Leave the seed out.",
        )
    if positive_from is None:
        return
    scale = rating_scale(dataset)
    if scale is None:
        raise ParameterError(
            "This dataset has no ratings that could count as positive.",
            received=f"positive_from={positive_from:g}",
            remedy="Leave the lowest positive rating out.",
        )
    if not scale.lowest <= positive_from <= scale.highest:
        raise ParameterError(
            "The lowest positive rating is outside the scale of the ratings.",
            received=f"{positive_from:g}",
            remedy=f"Choose a value from {scale.lowest:g} to {scale.highest:g}.",
        )


def rating_scale(dataset: DatasetRow) -> RatingScale | None:
    """Return the scale on which the lowest positive rating can be chosen; None if there is nothing to choose."""
    scales = (task.rating_scale(dataset) for task in tasks_for(dataset.kind) if task.uses_split)
    return next((scale for scale in scales if scale is not None), None)


def protocol_names(dataset: DatasetRow) -> tuple[ProtocolName, ...]:
    """Return the names of the protocols that a dataset can have; with a published test part only that one."""
    current = checked_protocol(dataset)
    return ("published",) if current.name == "published" else kind_of(dataset.kind).protocol_names


def named_protocol(dataset: DatasetRow, current: Protocol, name: str | None) -> Protocol:
    """Return the current protocol, or another one with the default shares of its kind and the same seed.

    Raises
    ------
    ParameterError
        The dataset cannot have a protocol with this name.
    """
    if name is None or name == current.name:
        return current
    known = protocol_names(dataset)
    chosen = next((each for each in known if each == name), None)
    if chosen is None:
        raise ParameterError(
            "This dataset cannot have this evaluation protocol.",
            received=name,
            remedy=f"Possible: {', '.join(known)}.",
        )
    validation_share, test_share = kind_of(dataset.kind).default_shares or (0.0, 0.0)
    if chosen == "leave-last":
        validation_share = test_share = 0.0
    seed = current.seed if draws_at_random(chosen) else 0
    return Protocol(chosen, seed, validation_share, test_share, positive_from=current.positive_from)


def checked_protocol(dataset: DatasetRow) -> Protocol:
    """Return the protocol of a dataset that has a split; raises `InputError` for others."""
    _required_split_task(dataset)
    return dataset_protocol(dataset)


def part_sizes(workspace: Workspace, dataset: DatasetRow, protocol: Protocol) -> PartSizes:
    """Split a dataset by a protocol and return the sizes of the parts.

    Raises
    ------
    InputError
        The dataset cannot be split this way.
    """
    task = _required_split_task(dataset)
    # The files of the split are temporary.
    with tempfile.TemporaryDirectory() as scratch:
        return task.part_sizes(task.split(workspace.open_dataset(dataset.id), protocol, Path(scratch)))


def notes_on(dataset: DatasetRow, protocol: Protocol) -> list[str]:
    """Return notes for interpreting scores under a protocol, in plain sentences."""
    notes = []
    if protocol.name == "published":
        notes.append("The test part was uploaded with the dataset. Only the validation part is drawn.")
    if protocol.duplicates == "apart":
        notes.append("Duplicates of a document may be in several parts: test scores are too optimistic.")
    if protocol.name == "leave-last":
        notes.append("Users with fewer than three ratings are in the training part only.")
        if not dataset.options.get("time"):
            notes.append("The dataset has no times, so the last rating of a user is the last one in the file.")
    if dataset.options.get("phrases"):
        notes.append(
            "Phrases were detected at import in all documents, including the test part, but without using labels."
        )
    return notes


@dataclass(frozen=True)
class ProtocolUse:
    """A protocol, and the number of runs that use it."""

    protocol: Protocol
    n_runs: int


def protocols_by_run(
    workspace: Workspace, dataset: DatasetRow, *conditions: sa.ColumnElement[bool]
) -> dict[str, Protocol | None]:
    """Return the protocol of each run on a dataset by its id, newest run first; one query.

    Runs with a damaged stored protocol are left out: their test part is unknown.

    Parameters
    ----------
    conditions
        On columns of the table of runs; none: all runs on the dataset.
    """
    # Of runs without a stored protocol only these have one, made from the seed of their model.
    judged_on_split = [name for name in MODELS if is_judged_on_split(name)]
    unstored = runs.c.protocol.is_(None) & runs.c.model.in_(judged_on_split)
    query = (
        sa.select(
            runs.c.id,
            runs.c.model,
            # As text: thousands of runs have a handful of protocols, each of which is parsed once.
            sa.cast(runs.c.protocol, sa.Text).label("stored"),
            sa.case((unstored, runs.c.parameters), else_=sa.null()).label("parameters"),
        )
        .where(runs.c.owner == workspace.catalog.owner, runs.c.dataset_id == dataset.id, *conditions)
        .order_by(runs.c.created_at.desc(), runs.c.id)
    )
    with workspace.catalog.engine.connect() as connection:
        rows = connection.execute(query).all()
    parsed: dict[str, Protocol | None] = {}
    found: dict[str, Protocol | None] = {}
    for row in rows:
        with suppress(InputError):
            if row.stored is None:
                found[row.id] = _protocol(None, row.model, row.parameters or {}, dataset)
                continue
            if row.stored not in parsed:
                parsed[row.stored] = _protocol(json.loads(row.stored), row.model, {}, dataset)
            found[row.id] = parsed[row.stored]
    return found


def protocols_in_use(workspace: Workspace, dataset: DatasetRow) -> list[ProtocolUse]:
    """Return the protocols of runs on a dataset, that of the newest run first, with how many runs each has."""
    return count_uses(protocols_by_run(workspace, dataset).values())


def count_uses(protocols: Iterable[Protocol | None]) -> list[ProtocolUse]:
    """Return each protocol once, in the given order, with how often it was given; None is no protocol."""
    n_runs = Counter(each for each in protocols if each is not None)
    return [ProtocolUse(protocol, n) for protocol, n in n_runs.items()]
