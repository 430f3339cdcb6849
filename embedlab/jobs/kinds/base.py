"""The contract of a kind of job: what may be asked of it, what it is called in a list, and the work itself."""

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
        raise ValueError("This is no id")
    return text


#: Files and rows are named by ids alone: an id can become a path.
Id = Annotated[str, AfterValidator(_id)]
#: A name out of a registry.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$")]
Text = Annotated[str, Field(max_length=20_000)]
Seed = Annotated[int, Field(ge=0, le=2**63 - 1)]


class Request(BaseModel):
    """What a job is asked to do, kept as JSON in the catalog and in backups, whose rows are checked by it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def as_json(self) -> dict[str, Any]:
        """Return what is kept: the fields that were given."""
        return self.model_dump(mode="json", exclude_unset=True)


R = TypeVar("R", bound=Request)


class JobKind(ABC, Generic[R]):
    """One kind of background work; see `embedlab.jobs.kinds.registry`."""

    #: In the catalog: at most 20 characters.
    name: ClassVar[str]
    request_class: type[R]
    #: Whether a stopped job may go on from a checkpoint.
    can_resume: ClassVar[bool] = False
    #: Whether a running job can end early with what it has; its request then has the field `stop_early`.
    can_stop_early: ClassVar[bool] = False

    def checked(self, values: Mapping[str, Any]) -> R:
        """Read a request; raises `ParameterError` naming the first field that does not fit."""
        try:
            return self.request_class.model_validate(dict(values))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(str(part) for part in first["loc"]) or "request"
            if first["type"] == "extra_forbidden":
                known = ", ".join(self.request_class.model_fields)
                raise ParameterError(
                    f"A job of the kind {self.name} is not asked for {name}.",
                    received=first["input"],
                    remedy=f"It knows {known}." if known else "Leave it out.",
                ) from error
            raise ParameterError(
                f"A job of the kind {self.name} cannot be asked for this. {name}: {plain_refusal(first['msg'])}.",
                received=None if first["type"] == "missing" else first["input"],
            ) from error

    def prepared(self, workspace: Workspace, request: R) -> R:
        """Return the request as it is kept, complete; refuse here what can only be seen in the workspace.

        Raises
        ------
        EmbedLabError
            What the request names is not there, or cannot be used.
        """
        del workspace
        return request

    @abstractmethod
    def title(self, workspace: Workspace, request: R) -> str:
        """Return what lists call the job."""

    def enqueue(self, workspace: Workspace, connection: sa.Connection, request: R) -> str:
        """Write the waiting job, and what else is to be there from the beginning, in one transaction; return its id."""
        title = one_line(self.title(workspace, request))
        return Queue(workspace.catalog).submit(connection, self.name, title, request.as_json())

    @abstractmethod
    def handle(self, workspace: Workspace, job: JobRow, request: R, context: JobContext) -> Outcome:
        """Do the work, in a worker process.

        Raises
        ------
        EmbedLabError
            Why it cannot be done; the job has failed then. `CancelledError` when the context says stop.
        """
