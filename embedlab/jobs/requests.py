"""Validation of requests before anything is queued, and the rows of a training: a job and a run with the same id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ValidationError

from embedlab.core.errors import InputError, ParameterError
from embedlab.core.plain import one_line
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.engine.snapshots import MOST_EPOCHS_BETWEEN
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.registry import kind as kind_of
from embedlab.models.registry import model as model_of
from embedlab.workspace.tables import EpochNow, runs

#: Suffix of fields for staged files in the request of an import.
_UPLOAD = "_upload_id"


def is_companion(name: str) -> bool:
    """Return whether a field of a request names an additional staged file."""
    return name.endswith(_UPLOAD) and name.removesuffix(_UPLOAD).isidentifier() and len(name) <= 60


def companions_of(request: Mapping[str, Any]) -> dict[str, str]:
    """Return the ids of the additional files in an import request, by companion name."""
    return {
        name.removesuffix(_UPLOAD): str(upload_id)
        for name, upload_id in request.items()
        if is_companion(name) and upload_id
    }


def companion_fields(companions: Mapping[str, str]) -> dict[str, str]:
    """Return companions as fields of a request; the opposite of `companions_of`."""
    return {f"{name}{_UPLOAD}": upload_id for name, upload_id in companions.items()}


def refuse_companions(kind: str, companions: Iterable[str]) -> None:
    """Raise `InputError` if a kind of data does not accept such an additional file."""
    known = kind_of(kind)
    accepted = [each.name for each in known.companions]
    if unknown := [name for name in companions if name not in accepted]:
        raise InputError(
            f"Data of kind {known.title} does not accept such an additional file.",
            received=", ".join(unknown),
            remedy=f"Accepted: {', '.join(accepted)}." if accepted else "Leave the file out.",
        )


def checked_options(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of an import that were set, as JSON; raises `ParameterError`."""
    return _checked(kind_of(kind).options_class, options)


def _checked(options_class: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return options_class.model_validate(dict(values)).model_dump(mode="json", exclude_unset=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise ParameterError(
                f"There is no option {name}.",
                received=first["input"],
                remedy=f"Known options: {', '.join(options_class.model_fields)}.",
            ) from error
        message = first["msg"].removeprefix("Value error, ").rstrip(".")
        if not name:
            raise ParameterError(f"{message[:1].upper()}{message[1:]}.") from error
        raise ParameterError(f"{name}: {message}.", received=first["input"]) from error


def refuse_misfit(model_name: str, kind: str) -> None:
    """Raise `InputError` if a model cannot be trained on this kind of data."""
    model = model_of(model_name)
    if kind != model.kind:
        raise InputError(f"{model.title} trains on {model.kind}.", received=kind, remedy="Choose another model.")


def training_rows(
    queue: Queue,
    connection: sa.Connection,
    dataset_id: str,
    dataset_name: str,
    model_name: str,
    parameters: Mapping[str, Any],
    name: str | None = None,
    *,
    protocol: Protocol | None,
    sweep: str | None = None,
    repeats: str | None = None,
    snapshot_every: int | None = None,
) -> str:
    """Queue a training with checked parameters, within the caller's transaction; return the run's id.

    The run keeps `protocol`, even if that of its dataset changes. Its job stores the `sweep` it is part of, the run
    that it `repeats` with another seed, and the number of epochs between snapshots.

    Raises
    ------
    NotFoundError, ParameterError
        There is no such model; a parameter, or the number of epochs between snapshots, is unknown or out of bounds.
    """
    model = model_of(model_name)
    if snapshot_every is not None and not 1 <= snapshot_every <= MOST_EPOCHS_BETWEEN:
        raise ParameterError(
            f"The epochs between snapshots must be a number from 1 to {MOST_EPOCHS_BETWEEN:,}.",
            received=snapshot_every,
        )
    checked = model.parameters_class.checked(parameters).model_dump(mode="json")
    title = one_line(name or f"{model.title} on {dataset_name}")
    request = {"dataset_id": dataset_id, "model": model_name, "parameters": checked}
    more = {"sweep": sweep, "repeats": repeats, "snapshot_every": snapshot_every}
    request |= {name: value for name, value in more.items() if value is not None}
    run_id = queue.submit(connection, "train", title, request)
    row = {
        "id": run_id,
        "name": title,
        "dataset_id": dataset_id,
        "model": model_name,
        "parameters": checked,
        "scores": {},
        "versions": {},
        "protocol": None if protocol is None else protocol.as_dict(),
        "created_at": EpochNow(),
    }
    queue.catalog.insert(connection, runs, row)
    return run_id
