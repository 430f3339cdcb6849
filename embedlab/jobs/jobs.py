"""Background jobs for the pages and the command line: submit, watch, cancel, resume."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy.exc import OperationalError

from embedlab.core.errors import ConflictError
from embedlab.exploration.selections.encoding import as_text
from embedlab.exploration.selections.selection import Selection
from embedlab.jobs.engine import locks
from embedlab.jobs.engine.context import checkpoint_folders, remove_leftovers
from embedlab.jobs.engine.error_report import ErrorReport
from embedlab.jobs.engine.journal import settle
from embedlab.jobs.engine.overseer import INTERRUPTED, Overseer
from embedlab.jobs.engine.progress import Progress, forget_progress, read_progress
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.engine.snapshots import (
    Snapshot,
    bound_snapshots,
    forget_snapshots,
    load_snapshots,
    newest_snapshot,
)
from embedlab.jobs.estimates import LearnedEstimate, estimate_training
from embedlab.jobs.films.film import Film, has_film, load_film
from embedlab.jobs.films.live import LiveFilm, LiveFilms
from embedlab.jobs.kinds.registry import job_kind, known_kind
from embedlab.jobs.layouts.live import LiveFrame, Rows, read_frame, read_rows
from embedlab.jobs.protocols import new_run_protocol
from embedlab.jobs.requests import (
    checked_options,
    companion_fields,
    refuse_companions,
    refuse_misfit,
    training_rows,
)
from embedlab.jobs.starting import refuse_wordless
from embedlab.jobs.trainable import trainable
from embedlab.models.registry import model as model_of
from embedlab.reading.fetching import check_url
from embedlab.samples.downloads import download_named
from embedlab.workspace.catalog import checked_name
from embedlab.workspace.rows import ACTIVE, JobRow, Status
from embedlab.workspace.tables import jobs
from embedlab.workspace.workspace import Workspace

#: How long a new attempt, or a deletion, waits for a worker that has told the end of its job and still removes files.
_ENDING_PATIENCE_S = 15.0
#: How long `Jobs.wait` tolerates an unreachable catalog.
_AWAY_PATIENCE_S = 60.0
_POLL_S = 0.2


class Jobs:
    """The background jobs of a workspace. Any number of processes may create one."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.queue = Queue(workspace.catalog)
        self._overseer = Overseer(workspace, self.queue)
        self._live_films = LiveFilms()

    # Submitting

    def submit(self, kind_name: str, request: Mapping[str, Any]) -> JobRow:
        """Queue a job of any kind.

        Raises
        ------
        InputError
            There is no such kind; a field of the request is unknown, missing or of a wrong type.
        EmbedLabError
            Something the request names does not exist or cannot be used.
        """
        kind = job_kind(kind_name)
        prepared = kind.prepared(self.workspace, kind.checked(request))
        with self.workspace.transaction() as connection:
            job_id = kind.enqueue(self.workspace, connection, prepared)
        self.dispatch()
        return self.job(job_id)

    def submit_import(
        self,
        upload_id: str,
        kind: str,
        options: Mapping[str, Any],
        name: str,
        *,
        companions: Mapping[str, str] | None = None,
        then_train: tuple[str | None, Mapping[str, Any] | None] | None = None,
    ) -> JobRow:
        """Queue the import of an upload.

        Parameters
        ----------
        upload_id
            The staged file.
        kind, options
            The kind of data, and its options as JSON.
        name
            The dataset's name.
        companions
            Ids of additional staged files, by their name in the kind: `items`, `test`.
        then_train
            A model and its parameters to train on the dataset after the import; None for the recommended model, and
            for its default parameters. Data that already is an embedding is not trained on.

        Raises
        ------
        InputError
            The kind, an option, or a training parameter is invalid; an upload no longer exists.
        """
        companions = companions or {}
        for staged in (upload_id, *companions.values()):
            self.workspace.upload(staged)
        refuse_companions(kind, companions)
        refuse_wordless(self.workspace, kind, options)
        request: dict[str, Any] = {
            "upload_id": upload_id,
            "kind": str(kind),
            "options": checked_options(kind, options),
            "name": checked_name(name),
            **companion_fields(companions),
        }
        if then_train is not None:
            model_name, parameters = then_train
            if model_name is not None:
                refuse_misfit(model_name, kind)
            request["then_train"] = {"model": model_name, "parameters": None}
            if model_name is not None and parameters is not None:
                checked = model_of(model_name).parameters_class.checked(parameters).model_dump(mode="json")
                request["then_train"]["parameters"] = checked
        return self.submit("import", request)

    def submit_download(self, name: str) -> JobRow:
        """Queue the download of a public dataset; its result has the id of the following import as `import_id`.

        Raises
        ------
        NotFoundError
            No download has this name.
        """
        return self.submit("download", {"download": download_named(name).name})

    def submit_fetch(self, url: str) -> JobRow:
        """Queue the download of a file from an address; its result has the id of the staged file as `upload_id`.

        Raises
        ------
        InputError
            The address is not HTTPS, or is in a private network; or downloads are switched off.
        """
        url = url.strip()
        # Raises a more specific error than the request's pattern.
        check_url(url)
        return self.submit("download", {"url": url})

    def submit_training(
        self,
        dataset_id: str,
        model_name: str,
        parameters: Mapping[str, Any],
        name: str | None = None,
        *,
        without_test: bool = False,
        snapshot_every: int | None = None,
    ) -> JobRow:
        """Queue a training; the run has the job's id and the dataset's current evaluation protocol.

        Parameters
        ----------
        without_test
            Train words without the documents of the test part; see `embedlab.jobs.protocols.new_run_protocol`.
        snapshot_every
            Epochs between the snapshots for the film, of which at most 60 are kept; None for snapshots by time.

        Raises
        ------
        ParameterError
            A parameter or `snapshot_every` is unknown or out of bounds, or the embedding to start from was trained on
            the test part.
        InputError
            The model cannot be trained on this kind of dataset, or needs labels the dataset does not have.
        NotFoundError
            The embedding named by `start_from` does not exist.
        """
        dataset = trainable(self.workspace, dataset_id, model_name, parameters)
        protocol = new_run_protocol(model_name, dataset, without_test=without_test)
        if name is not None:
            checked_name(name)
        with self.workspace.transaction() as connection:
            run_id = training_rows(
                self.queue,
                connection,
                dataset.id,
                dataset.name,
                model_name,
                parameters,
                name,
                protocol=protocol,
                snapshot_every=snapshot_every,
            )
        self.dispatch()
        return self.job(run_id)

    def estimate_training(self, dataset_id: str, model_name: str, parameters: Mapping[str, Any]) -> LearnedEstimate:
        """Return the time and memory for a training; queues nothing. Raises the errors of `submit_training`."""
        dataset, model = trainable(self.workspace, dataset_id, model_name, parameters), model_of(model_name)
        return estimate_training(self.workspace, dataset, model, model.parameters_class.checked(parameters))

    def submit_projection(
        self,
        embedding_id: str,
        method: str,
        n_components: int,
        parameters: Mapping[str, Any] | None = None,
        seed: int = 0,
        start_from: str | None = None,
        isolated: Selection | None = None,
    ) -> JobRow:
        """Queue a projection of all points, or of `isolated` ones; raises `InputError` if it is not possible.

        Parameters
        ----------
        start_from
            A map of the same embedding to start from.
        """
        row = self.workspace.embedding(embedding_id)
        request = {"embedding_id": row.id, "method": method, "n_components": n_components, "seed": seed}
        start = {} if start_from is None else {"start_from": start_from}
        only = {} if isolated is None else {"rows": as_text(isolated), "steps": list(isolated.steps)}
        return self.submit("project", {**request, **start, "parameters": dict(parameters or {}), **only})

    def submit_judging(self, dataset_id: str, run_ids: Sequence[str] | None = None) -> JobRow:
        """Queue the evaluation of finished runs, or of imported vectors, by the dataset's current checks and files.

        Parameters
        ----------
        run_ids
            Runs on the dataset; by default all of them.

        Raises
        ------
        ConflictError
            No run of the dataset has finished.
        """
        dataset = self.workspace.dataset(dataset_id)
        finished = [run.id for run in self.workspace.runs(dataset.id) if run.status == Status.SUCCEEDED]
        chosen = finished if run_ids is None else [run_id for run_id in finished if run_id in run_ids]
        imported = [row.id for row in self.workspace.embeddings(dataset_id=dataset.id) if row.run_id is None]
        if not chosen and not imported:
            raise ConflictError(
                "No run on this dataset has finished.", received=dataset.name, remedy="Train one first."
            )
        request = {"dataset_id": dataset.id, "run_ids": chosen, "embedding_ids": [] if chosen else imported}
        return self.submit("judge", request)

    # Watching

    def job(self, job_id: str) -> JobRow:
        """Return the current state of a job; also detects a dead worker."""
        row = self.queue.job(job_id)
        if row.status == Status.RUNNING and self._overseer.notice_dead([row]):
            row = self.queue.job(job_id)
        return row

    def jobs(self, kind: str | None = None, *, active: bool = False) -> list[JobRow]:
        """Return the jobs, newest first: all, of one kind, or only queued and running ones."""
        conditions = [jobs.c.kind == kind] if kind else []
        if active:
            conditions.append(jobs.c.status.in_(ACTIVE))
        return self.queue.find(*conditions)

    def n_active(self) -> int:
        """Return the number of queued and running jobs."""
        return self.workspace.catalog.count(jobs, jobs.c.status.in_(ACTIVE))

    def n_others(self, states: Collection[Status]) -> int:
        """Return the number of jobs in these states, trainings excluded."""
        return self.workspace.catalog.count(jobs, jobs.c.kind != "train", jobs.c.status.in_(states))

    def others(self, states: Collection[Status], *, most: int | None = None) -> list[JobRow]:
        """Return the newest jobs in these states, trainings excluded; at most `most`."""
        return self.queue.find(jobs.c.kind != "train", jobs.c.status.in_(states), most=most)

    def about(self, kind: str, subject: str, subject_id: str, *, most: int) -> list[JobRow]:
        """Return the newest jobs of a kind whose request has a given value.

        Parameters
        ----------
        subject, subject_id
            The field of the request, such as `embedding_id`, and its value.
        """
        return self.queue.find(jobs.c.kind == kind, jobs.c.request[subject].as_string() == subject_id, most=most)

    def progress(self, job_id: str) -> Progress:
        """Return the progress of a job."""
        return read_progress(self.workspace.layout.job(job_id))

    def snapshots(self, job_id: str) -> list[Snapshot]:
        """Return all snapshots of a training, oldest first."""
        return load_snapshots(self.workspace.layout.job(job_id))

    def newest_snapshot(self, job_id: str) -> Snapshot | None:
        """Return the latest snapshot of a training, or None."""
        return newest_snapshot(self.workspace.layout.job(job_id))

    def has_film(self, job_id: str) -> bool:
        """Return whether there is a film of a finished training."""
        return has_film(self.workspace.layout.job(job_id))

    def film(self, job_id: str) -> Film:
        """Return the film of a finished training; raises `StorageError` if it is missing or damaged."""
        return load_film(self.workspace.layout.job(job_id))

    def live_film(self, job_id: str) -> LiveFilm:
        """Return the film of a running training, shared by all sessions."""
        return self._live_films.of(self.workspace.layout.job(job_id))

    def live_layout(self, job_id: str, since: int = 0) -> LiveFrame | None:
        """Return the newest frame of a running layout; None if there is none after the number `since`."""
        return read_frame(self.workspace.layout.job(job_id), since)

    def live_rows(self, job_id: str) -> Rows | None:
        """Return the rows of the embedding that the frames of a running layout show; None before the first."""
        return read_rows(self.workspace.layout.job(job_id))

    def wait(
        self, job_id: str, timeout_s: float | None = None, on_progress: Callable[[JobRow, Progress], None] | None = None
    ) -> JobRow:
        """Wait until a job ends, and dispatch meanwhile; return its state at the end or at the timeout.

        Also waits for a catalog that is briefly unreachable (busy or restarting).
        """
        end = None if timeout_s is None else time.monotonic() + timeout_s
        reached_at = time.monotonic()
        while True:
            try:
                self.dispatch()
                row = self.job(job_id)
            except OperationalError:
                if time.monotonic() - reached_at > _AWAY_PATIENCE_S:
                    raise
                time.sleep(_POLL_S)
                continue
            reached_at = time.monotonic()
            if on_progress is not None:
                on_progress(row, self.progress(job_id))
            if not row.status.is_active or (end is not None and time.monotonic() >= end):
                return row
            time.sleep(_POLL_S)

    # Cancelling and resuming

    def cancel(self, job_id: str) -> Status:
        """Cancel a job; it stops within two seconds. Raises `ConflictError` if it has already ended."""
        self.job(job_id)
        return self.queue.request_cancel(job_id)

    def can_stop_early(self, row: JobRow) -> bool:
        """Return whether a job is running that can stop early and keep its result."""
        kind = known_kind(row.kind)
        return kind is not None and kind.can_stop_early and row.status == Status.RUNNING

    def stop_early(self, job_id: str) -> None:
        """Stop a training after the current epoch and keep the model, or a map and keep its current layout.

        The model is evaluated and mapped as usual. If the worker dies meanwhile, `resume` finishes it. A training
        without epochs runs to its end.

        Raises
        ------
        ConflictError
            The job is not running, or is neither a training nor a map.
        """
        row = self.job(job_id)
        kind = known_kind(row.kind)
        if kind is None or not kind.can_stop_early:
            raise ConflictError(
                "Only a training or a map can stop early and keep its result.",
                received=row.title,
                remedy="Cancel it instead.",
            )
        self.queue.request_stop(row.id)

    def pause(self, job_id: str, *, paused: bool = True) -> None:
        """Pause the layout of a map, or let it continue. A paused layout keeps its slot, for ten minutes at most.

        Raises
        ------
        ConflictError
            The job is not running, or is no map.
        """
        row = self.job(job_id)
        kind = known_kind(row.kind)
        if kind is None or not kind.can_pause:
            raise ConflictError("Only a map can be paused.", received=row.title)
        self.queue.request_pause(row.id, paused=paused)

    def can_resume(self, row: JobRow) -> bool:
        """Return whether a stopped training can resume from a checkpoint."""
        stopped = not row.status.is_active and row.status != Status.SUCCEEDED
        kind = known_kind(row.kind)
        can = kind is not None and kind.can_resume
        return bool(can and stopped and checkpoint_folders(self.workspace.layout.job(row.id)))

    def resume(self, job_id: str) -> JobRow:
        """Resume a stopped training from its checkpoint; raises `ConflictError` if there is none."""
        row = self.job(job_id)
        if not self.can_resume(row):
            raise ConflictError(
                "There is no checkpoint to resume from.", received=row.title, remedy="Restart it instead."
            )
        return self._again(row, resumed=True)

    def restart(self, job_id: str) -> JobRow:
        """Restart a stopped job from the beginning; raises `ConflictError` if it is not stopped."""
        return self._again(self.job(job_id), resumed=False)

    def _again(self, row: JobRow, *, resumed: bool) -> JobRow:
        folder = self.workspace.layout.job(row.id)
        # The lock makes a new worker wait until the folder is cleaned up.
        with locks.without_worker(folder, _ENDING_PATIENCE_S) as alone:
            if not alone:
                raise ConflictError("Its last worker is still ending.", received=row.title, remedy="Try again.")
            self.queue.requeue(row.id, resumed=resumed)
            settle(self.workspace, row.id)
            forget_progress(folder, history=not resumed)
            remove_leftovers(folder, checkpoints=not resumed)
            if not resumed:
                forget_snapshots(folder)
        self.dispatch()
        return self.job(row.id)

    def dismiss(self, job_id: str) -> None:
        """Delete an ended job that is not a run; runs are deleted by `Workspace.delete_run`."""
        row = self.job(job_id)
        if row.run_id is not None:
            raise ConflictError("This job belongs to a run.", received=row.title, remedy="Delete the run instead.")
        folder = self.workspace.layout.job(row.id)
        with locks.without_worker(folder, _ENDING_PATIENCE_S) as alone:
            if not alone and not row.status.is_active:
                raise ConflictError("Its last worker is still ending.", received=row.title, remedy="Try again.")
            self.workspace.freeing(lambda: self.queue.delete(row.id))
            settle(self.workspace, row.id)
        shutil.rmtree(folder, ignore_errors=True)

    # Dispatching

    def dispatch(self) -> None:
        """Start workers for queued jobs while slots are free, and check running ones. Cheap; call it often."""
        self._overseer.dispatch()

    def keep_house(self) -> None:
        """Remove leftover files and old snapshots; slower than `dispatch`, so call it occasionally."""
        self._overseer.look_for_leftovers()
        bound_snapshots(self.workspace)
        self.workspace.sweep()

    def look_after(self) -> None:
        """Detect dead workers, and end those that ignore a cancellation; start nothing."""
        self._overseer.look_after()


def raise_error_of(row: JobRow) -> None:
    """Raise the error of an ended job; do nothing if it succeeded."""
    if row.status != Status.SUCCEEDED:
        raise (ErrorReport(**row.error) if row.error else INTERRUPTED).as_error()
