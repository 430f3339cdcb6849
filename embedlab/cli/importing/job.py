"""Importing files in a job: staging them, waiting, and leaving the workspace unchanged if it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedlab.cli.arrangement import describe_arrangement, named_files
from embedlab.cli.importing.summary import write_import
from embedlab.cli.output import write_note
from embedlab.cli.work import follow
from embedlab.core.errors import ConflictError, EmbedLabError, InputError, NotFoundError

if TYPE_CHECKING:
    from embedlab.jobs.jobs import Jobs
    from embedlab.reading.opened import OpenedUpload
    from embedlab.workspace.rows import JobRow
    from embedlab.workspace.uploads import Upload
    from embedlab.workspace.workspace import Workspace


def import_files(
    jobs: Jobs,
    files: Sequence[Path],
    name: str | None,
    *,
    companion: Path | None = None,
    then_train: tuple[str | None, Mapping[str, Any] | None] | None = None,
) -> JobRow:
    """Import files that belong together, with the kind and the options guessed from their content; wait for the job.

    Parameters
    ----------
    name
        Of the dataset; None for the name of the file with the data.
    companion
        The first second file of the kind: metadata of vectors, or the items of ratings.
    then_train
        As in `Jobs.submit_import`.

    Raises
    ------
    InputError
        The file cannot be read, or its kind has no companion file.
    """
    from embedlab.kinds.registry import kind as kind_of
    from embedlab.kinds.together import arrange

    named = named_files(jobs.workspace, [check_file(file) for file in files])
    arrangement = arrange(named)
    known = kind_of(arrangement.kind)
    companions = {match.companion: files[number] for number, match in arrangement.companions.items()}
    if companion is not None:
        if not known.companions:
            raise InputError(
                f"The kind {known.title} has no second file.",
                received=companion.name,
                remedy="Leave out --metadata.",
            )
        companions[known.companions[0].name] = companion
    if len(files) > 1:
        for line in describe_arrangement(arrangement, named):
            write_note(line)
    main = [files[number] for number in arrangement.main]
    with bundle_of(jobs.workspace, main) as one:
        return run_import(
            jobs,
            known.name,
            one,
            lambda upload: known.guess_options(upload).model_dump(mode="json"),
            name or default_name(main),
            companions=companions,
            then_train=then_train,
        )


def run_import(
    jobs: Jobs,
    kind: str,
    file: Path | Upload,
    options: Callable[[OpenedUpload], Mapping[str, Any]],
    name: str,
    *,
    companions: Mapping[str, Path] | None = None,
    then_train: tuple[str | None, Mapping[str, Any] | None] | None = None,
) -> JobRow:
    """Import in a job and wait for it; a failed import leaves the workspace unchanged."""
    from embedlab.jobs.jobs import raise_error_of
    from embedlab.reading.limits import Limits
    from embedlab.reading.opened import OpenedUpload

    workspace = jobs.workspace
    staged: list[str] = []
    job_id: str | None = None
    try:
        upload = workspace.stage_upload(check_file(file), file.name) if isinstance(file, Path) else file
        staged.append(upload.id)
        ids = {}
        for role, path in (companions or {}).items():
            ids[role] = workspace.stage_upload(check_file(path), path.name).id
            staged.append(ids[role])
        duplicate = workspace.find_dataset(upload.digest)
        if duplicate is not None:
            write_note(f"The same file is already in the workspace: dataset {duplicate.id}, {duplicate.name}.")
        job_id = jobs.submit_import(
            upload.id,
            kind,
            options(OpenedUpload(upload.path, Limits.of(workspace.settings))),
            name,
            companions=ids,
            then_train=then_train,
        ).id
        job = follow(jobs, job_id)
        raise_error_of(job)
    except BaseException:
        _discard(jobs, job_id, staged)
        raise
    return job


def import_one(
    jobs: Jobs,
    kind: str,
    file: Path | Upload,
    options: Callable[[OpenedUpload], Mapping[str, Any]],
    name: str,
    *,
    companions: Mapping[str, Path] | None = None,
    as_json: bool,
) -> None:
    """Import a file with the options that a function returns for it, and write what was made."""
    job = run_import(jobs, kind, file, options, name, companions=companions)
    write_import(jobs.workspace, job, as_json=as_json)


def _discard(jobs: Jobs, job_id: str | None, staged: list[str]) -> None:
    if job_id is not None:
        with suppress(ConflictError):
            jobs.cancel(job_id)
            jobs.wait(job_id, timeout_s=10.0)
        with suppress(EmbedLabError):
            jobs.dismiss(job_id)
    for upload_id in staged:
        jobs.workspace.discard_upload(upload_id)


@contextmanager
def reading_errors(path: Path) -> Iterator[None]:
    """Turn an error of the system while a user's file is read into `InputError`."""
    try:
        yield
    except OSError as error:
        raise InputError(
            "The file cannot be read.", received=str(path), remedy="Check the path and its permissions."
        ) from error


def check_file(path: Path) -> Path:
    """Return the path of a file; raise `NotFoundError` if there is none, and `InputError` for a folder."""
    with reading_errors(path):
        # An error is a name that is too long, or a folder that may not be read.
        exists, is_file = path.exists(), path.is_file()
    if not exists:
        raise NotFoundError("There is no such file.", received=str(path), remedy="Check the path.")
    if not is_file:
        raise InputError("This is not a file.", received=str(path), remedy="Give the path of a file, not of a folder.")
    return path


@contextmanager
def bundle_of(workspace: Workspace, files: list[Path]) -> Iterator[Path]:
    """Yield the only file, or a bundle of all files."""
    for file in files:
        check_file(file)
    if len(files) == 1:
        yield files[0]
        return
    from embedlab.reading.bundles import bundled
    from embedlab.reading.sources import Limits

    # Names include the folders, which may be the labels.
    named = [(f"{file.absolute().parent.name}/{file.name}", file) for file in files]
    with bundled(named, Limits.of(workspace.settings)) as bundle:
        yield bundle


@contextmanager
def bundle_of_folder(workspace: Workspace, folder: Path) -> Iterator[Path]:
    """Yield a bundle of all files in a folder and its subfolders, which are part of their names.

    Raises
    ------
    InputError
        There is no file.
    """
    from embedlab.reading.bundles import bundled
    from embedlab.reading.sources import Limits

    files = sorted(file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
    if not files:
        raise InputError("The folder holds no file.", received=str(folder), remedy="Give a folder with files.")
    named = [(str(file.relative_to(folder).as_posix()), file) for file in files]
    with bundled(named, Limits.of(workspace.settings)) as bundle:
        yield bundle


def default_name(files: list[Path]) -> str:
    """Return a name for a dataset of files: that of the first."""
    return files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"
