"""Kinds of jobs that do what a test wants, whatever they are asked."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ConfigDict

from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.kinds.base import JobKind, Request
from embedlab.jobs.kinds.outcome import Outcome
from embedlab.workspace.rows import JobRow
from embedlab.workspace.workspace import Workspace

Handler = Callable[[Workspace, JobRow, JobContext], Outcome]


class Anything(Request):
    """A request that is not checked."""

    model_config = ConfigDict(extra="allow")


class StubKind(JobKind[Anything]):
    """A kind whose work is a function; it resumes where it has left a checkpoint."""

    request_class = Anything
    can_resume = True

    def __init__(self, name: str, handler: Handler) -> None:
        self.name = name  # type: ignore[misc]
        self.handler = handler

    def title(self, workspace: Workspace, request: Anything) -> str:
        """Return the name of the kind."""
        return f"a {self.name}"

    def handle(self, workspace: Workspace, job: JobRow, request: Anything, context: JobContext) -> Outcome:
        """Call the function."""
        return self.handler(workspace, job, context)
