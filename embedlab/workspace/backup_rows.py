"""Validation of the untrusted rows of a backup: only known columns with values of the right type, size and form.

A row that does not fit is refused. Jobs are checked by the kinds of jobs there are, which the caller tells: these lie
above the workspace. What is not known of a job's request is left out, and so is everything that says
which process works on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from embedlab.core.errors import InputError
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.registry import kind as kind_of
from embedlab.workspace.backup_parts import Number, Text, details, parameters, plain_json, quality, scores
from embedlab.workspace.catalog import is_id
from embedlab.workspace.rows import Status
from embedlab.workspace.tables import datasets, embeddings, jobs, projections, runs, uploads, yardsticks

#: Schemas whose backups can be restored, oldest first; the last is the current one.
SCHEMAS = ("0001", "0002", "0003", "0004", "0005")
#: In the order of their foreign keys.
TABLES = (uploads, datasets, jobs, runs, embeddings, projections, yardsticks)

_LARGEST_INT = 2**63 - 1
#: More than fits on any disk.
_LARGEST_COUNT = 1e15
#: About the year 5000.
_LATEST_S = 1e11
#: Fields of a request with the id of an additional file; each kind of data has its own.
_COMPANION = re.compile(r"[a-z][a-z0-9_]{0,39}_upload_id")


def _id(text: str) -> str:
    if not is_id(text):
        raise ValueError("not an id")
    return text


def _kind(name: str) -> str:
    try:
        return str(kind_of(name).name)
    except InputError as error:
        raise ValueError("not a kind of data") from error


_Id = Annotated[str, AfterValidator(_id)]
_Kind = Annotated[str, AfterValidator(_kind)]
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$")]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Size = Annotated[int, Field(ge=0, le=_LARGEST_INT)]
_Time = Annotated[float, Field(ge=0.0, le=_LATEST_S)]
_Object = Annotated[dict[str, Any], AfterValidator(plain_json)]


def _protocol(value: dict[str, Any]) -> dict[str, Any]:
    try:
        return Protocol.from_dict(value).as_dict()
    except InputError as error:
        raise ValueError("not a protocol") from error


# Schemas before 0004 had none.
_Protocol = Annotated[dict[str, Any], AfterValidator(_protocol)] | None


_STRICT = ConfigDict(strict=True, allow_inf_nan=False)


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    id: _Id
    created_at: _Time


class _Upload(_Row):
    name: Text
    digest: _Digest
    size_bytes: _Size


class _Dataset(_Row):
    name: Text
    kind: _Kind
    digest: _Digest
    counts: dict[Text, Number]
    options: _Object
    warnings: list[Text]
    details: Annotated[_Object, AfterValidator(details)]
    size_bytes: _Size
    protocol: _Protocol = None

    @model_validator(mode="after")
    def _as_its_kind_writes(self) -> Self:
        kind = kind_of(self.kind)
        kind.details_class.model_validate(self.details)
        if not all(0 <= count <= _LARGEST_COUNT for count in self.counts.values()) or not set(
            kind.certain_counts
        ) <= set(self.counts):
            raise ValueError("counts that an import does not write")
        return self


class _Error(BaseModel):
    """As `embedlab.jobs.engine.error_report.ErrorReport` writes it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    type: Text
    what: Text
    received: Text | None = None
    remedy: Text = ""


class _Job(_Row):
    kind: _Name
    status: Literal["succeeded", "failed", "cancelled", "interrupted"]
    title: Text
    request: dict[str, Any]
    result: _Object | None
    error: _Error | None
    attempt: Annotated[int, Field(ge=1, le=1_000_000)]
    started_at: _Time | None
    finished_at: _Time | None
    heartbeat_at: None
    cancel_requested_at: None
    token: None
    worker: None


class _Run(_Row):
    name: Text
    dataset_id: _Id
    # Models unknown to this version are kept, and shown by name.
    model: _Name
    parameters: Annotated[_Object, AfterValidator(parameters)]
    scores: Annotated[_Object, AfterValidator(scores)]
    versions: dict[Text, Text]
    protocol: _Protocol = None


class _Embedding(_Row):
    name: _Name
    title: Text
    run_id: _Id | None
    dataset_id: _Id | None
    n_keys: Annotated[int, Field(ge=1, le=_LARGEST_INT)]
    vector_size: Annotated[int, Field(ge=1, le=2**31 - 1)]
    size_bytes: _Size


class _Projection(_Row):
    embedding_id: _Id
    method: _Name
    n_components: Annotated[int, Field(ge=2, le=3)]
    parameters: _Object
    seed: Annotated[int, Field(ge=0, le=_LARGEST_INT)]
    quality: Annotated[_Object, AfterValidator(quality)]


# JSON has lists instead of tuples, which the strict mode of a row would refuse.
_Pair = Annotated[tuple[Text, Text, Number], Field(strict=False)]
_Question = Annotated[tuple[Text, Text, Text, Text], Field(strict=False)]
_Section = Annotated[tuple[Text, list[_Question]], Field(strict=False)]


class _Check(_Row):
    dataset_id: _Id
    kind: Literal["check"]
    name: Text
    content: None


class _Pairs(_Row):
    dataset_id: _Id
    kind: Literal["pairs"]
    name: Text
    content: list[_Pair]


class _Analogies(_Row):
    dataset_id: _Id
    kind: Literal["analogies"]
    name: Text
    content: list[_Section]


_MODELS: Mapping[sa.Table, type[_Row]] = {
    uploads: _Upload,
    datasets: _Dataset,
    jobs: _Job,
    runs: _Run,
    embeddings: _Embedding,
    projections: _Projection,
}
_YARDSTICKS: Mapping[str, type[_Row]] = {"check": _Check, "pairs": _Pairs, "analogies": _Analogies}


#: Request class of each kind of job; its fields are those allowed in a request.
RequestClasses = Mapping[str, type[BaseModel]]


def checked_rows(about: Mapping[str, Any], requests: RequestClasses) -> dict[str, list[dict[str, Any]]]:
    """Return the validated rows of a backup by table, upgraded to the current schema.

    Parameters
    ----------
    about
        Content of the backup's catalog file; its `schema` is one of `SCHEMAS`.
    requests
        The known kinds of jobs.

    Raises
    ------
    InputError
        A row has an invalid column or value.
    KeyError, TypeError
        The file has a different structure.
    """
    tables = dict(about["tables"])
    if about["schema"] == "0001":
        tables.setdefault(yardsticks.name, [])
    return {table.name: [_checked(table, row, requests) for row in tables[table.name]] for table in TABLES}


def _checked(table: sa.Table, row: Any, requests: RequestClasses) -> dict[str, Any]:
    model = _MODELS.get(table)
    if model is None:
        model = _YARDSTICKS.get(str(row["kind"]), _Check)
    try:
        # A round trip through JSON, in which tuples become lists.
        checked = model.model_validate(row).model_dump(mode="json")
        if table is jobs:
            checked["request"] = _known_of_request(checked["kind"], checked["request"], requests)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise _invalid_value(table, ".".join(str(part) for part in first["loc"][:3])) from error
    return checked


def _invalid_value(table: sa.Table, where: str) -> InputError:
    return InputError(
        "The backup has a value that EmbedLab does not write.",
        received=f"{table.name}: {where}",
        remedy="Do not trust this file.",
    )


def _known_of_request(kind: str, request: dict[str, Any], requests: RequestClasses) -> dict[str, Any]:
    """Return the known fields of a job's request, each with a valid value for its kind or another kind of job.

    Requests of earlier versions may lack fields; a job without required fields fails when it is restarted.
    """
    if kind not in requests:
        raise _invalid_value(jobs, "kind")
    fields = {name: field for each in requests.values() for name, field in each.model_fields.items()}
    fields |= requests[kind].model_fields
    known = {name: value for name, value in request.items() if name in fields}
    # Without such a file an earlier version wrote null.
    companions = {
        name: value
        for name, value in request.items()
        if _COMPANION.fullmatch(name) and isinstance(value, str) and is_id(value)
    }
    for name, value in known.items():
        plain_json(value)
        field = fields[name]
        allowed: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        TypeAdapter(allowed | None, config=_STRICT).validate_python(value)
    return {**companions, **known}


#: The values of `Status` are written out above for the type checker.
assert {each for each in Status if not each.is_active} == {"succeeded", "failed", "cancelled", "interrupted"}  # noqa: S101
