"""The interface of a kind of job: its request, its title in lists, and the work itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from embedlab.core.errors import ParameterError
from embedlab.core.parameters import plain_refusal
from embedlab.core.plain import one_line
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.workspace.catalog import is_id
from embedlab.workspace.rows import JobRow
from embedlab.workspace.workspace import Workspace


def _id(text: str) -> str:
    if not is_id(text):
        raise ValueError("This is not an id")
    return text


#: The id of a file or row; validated, because an id becomes a path.
Id = Annotated[str, AfterValidator(_id)]
#: A name from a registry.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$")]
Text = Annotated[str, Field(max_length=20_000)]
Seed = Annotated[int, Field(ge=0, le=2**63 - 1)]


class Request(BaseModel):
    """The request of a job, stored as JSON in the catalog and in backups, whose rows it validates."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def as_json(self) -> dict[str, Any]:
        """Return the fields that were set, as JSON."""
        return self.model_dump(mode="json", exclude_unset=True)


R = TypeVar("R", bound=Request)


class JobKind(ABC, Generic[R]):
    """One kind of background job; see `embedlab.jobs.kinds.registry`."""

    #: Name in the catalog, at most 20 characters.
    name: ClassVar[str]
    request_class: type[R]
    #: Whether a stopped job can resume from a checkpoint.
    can_resume: ClassVar[bool] = False
    #: Whether a running job can stop early and keep its result; its request then has the field `stop_early`.
    can_stop_early: ClassVar[bool] = False
    #: Whether a running job can be paused; its request then has the field `paused`.
    can_pause: ClassVar[bool] = False

    def checked(self, values: Mapping[str, Any]) -> R:
        """Validate a request; raises `ParameterError` for the first invalid field."""
        try:
            return self.request_class.model_validate(dict(values))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(str(part) for part in first["loc"]) or "request"
            if first["type"] == "extra_forbidden":
                known = ", ".join(self.request_class.model_fields)
                raise ParameterError(
                    f"The request of a job of kind {self.name} has no field {name}.",
                    received=first["input"],
                    remedy=f"Known fields: {known}." if known else "Leave it out.",
                ) from error
            raise ParameterError(
                f"Invalid request for a job of kind {self.name}. {name}: {plain_refusal(first['msg'])}.",
                received=None if first["type"] == "missing" else first["input"],
            ) from error

    def prepared(self, workspace: Workspace, request: R) -> R:
        """Return the complete request to store; checks everything that needs the workspace.

        Raises
        ------
        EmbedLabError
            Something the request names does not exist or cannot be used.
        """
        del workspace
        return request

    @abstractmethod
    def title(self, workspace: Workspace, request: R) -> str:
        """Return the title of the job in lists."""

    def enqueue(self, workspace: Workspace, connection: sa.Connection, request: R) -> str:
        """Insert the queued job, and its other initial rows, in one transaction; return its id."""
        title = one_line(self.title(workspace, request))
        return Queue(workspace.catalog).submit(connection, self.name, title, request.as_json())

    @abstractmethod
    def handle(self, workspace: Workspace, job: JobRow, request: R, context: JobContext) -> Outcome:
        """Do the work, in a worker process.

        Raises
        ------
        EmbedLabError
            The job fails with this error. `CancelledError` if the context cancels.
        """
