"""`import KIND`, `sample`, `download`: import of files as datasets, in a job."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.arrangement import describe_arrangement, named_files
from embedlab.cli.flags import Json
from embedlab.cli.import_kind import FILES, ImportGroup
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import follow, opened_jobs
from embedlab.core.errors import ConflictError, EmbedLabError, InputError, NotFoundError
from embedlab.kinds.reading_report import CHANGES, COMPANIONS, READ

if TYPE_CHECKING:
    from embedlab.jobs.jobs import Jobs
    from embedlab.reading.opened import OpenedUpload
    from embedlab.workspace.rows import JobRow
    from embedlab.workspace.uploads import Upload
    from embedlab.workspace.workspace import Workspace

Name = Annotated[str | None, typer.Option("--name", help="Name of the dataset; default: the file name.")]
Column = Annotated[str | None, typer.Option(metavar="C", help="Column by name, or by 0-based number.")]
Encoding = Annotated[str | None, typer.Option(help="Encoding of the file, such as utf-8 or cp1252.")]
Delimiter = Annotated[
    str | None,
    typer.Option("--delimiter", "--separator", help="Column delimiter, such as , or ; or tab or space or ::."),
]
SkipLines = Annotated[int | None, typer.Option(help="Lines to skip before the header; found if left out.")]
Sheet = Annotated[str | None, typer.Option(help="Sheet of an Excel workbook; default: the first with rows.")]
Header = Annotated[bool | None, typer.Option("--header/--no-header", help="Whether the first row is a header.")]
Quoting = Annotated[bool | None, typer.Option("--quoting/--no-quoting", help="Whether double quotes enclose cells.")]
Member = Annotated[str | None, typer.Option(help="File in a zip archive; default: the largest.")]

#: Maximum number of labels and phrases in the output; --json lists more.
_MOST_LABELS = 20
_MOST_PHRASES = 20

import_app = typer.Typer(
    cls=ImportGroup,
    help="Import a file, or files that belong together, as a dataset: import FILE..., or import KIND FILE...",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(import_app, name="import")
    app.command("sample")(sample)
    app.command("download")(download)


@import_app.command("text")
def import_text(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="One or several files for one dataset.")],
    labels: Annotated[Path | None, typer.Option(metavar="FILE", help="Labels: one per document, or by id.")] = None,
    name: Name = None,
    text_column: Column = None,
    label_column: Column = None,
    layout: Annotated[
        str | None,
        typer.Option(
            help="lines, paragraphs, document, subtitles, wikipedia, strings (JSON), delimited, jsonl, json, parquet "
            "or excel."
        ),
    ] = None,
    part_column: Annotated[
        str | None, typer.Option(metavar="C", help="Column that says train or test: the published split.")
    ] = None,
    other_columns: Annotated[str | None, typer.Option(help="Other columns of a table: keep or drop.")] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    header: Header = None,
    quoting: Quoting = None,
    skip_lines: SkipLines = None,
    sheet: Sheet = None,
    member: Member = None,
    all_members: Annotated[
        bool | None, typer.Option("--all-members/--one-member", help="Read all files of a zip archive, or only one.")
    ] = None,
    label_by: Annotated[
        str | None,
        typer.Option(help="Label documents by file or folder, if you import several files, or by prefix (__label__)."),
    ] = None,
    part_by: Annotated[
        str | None,
        typer.Option(help="Published split: file (names of files or folders say train and test) or none."),
    ] = None,
    lowercase: Annotated[bool | None, typer.Option("--lowercase/--keep-case", help="Lowercase all words.")] = None,
    min_length: Annotated[int | None, typer.Option(help="Minimum word length.")] = None,
    digits: Annotated[bool | None, typer.Option("--digits/--no-digits", help="Keep words made of digits.")] = None,
    stop_words: Annotated[str | None, typer.Option(help="Stop words to remove: none or english.")] = None,
    segmentation: Annotated[
        str | None,
        typer.Option(
            help="Word segmentation: spaces (and punctuation), whitespace (spaces only), characters, chinese, japanese."
        ),
    ] = None,
    contractions: Annotated[
        bool | None, typer.Option("--contractions/--split-contractions", help="Keep don't and I'm as one word.")
    ] = None,
    emoji: Annotated[bool | None, typer.Option("--emoji/--no-emoji", help="Keep emoji as words.")] = None,
    phrases: Annotated[bool, typer.Option("--phrases", help="Join frequent word pairs: new_york.")] = False,
    phrase_min_count: Annotated[int | None, typer.Option(help="Minimum count of a phrase; default 5.")] = None,
    phrase_threshold: Annotated[
        float | None, typer.Option(help="Minimum score of a phrase; 0.5 for npmi, 10 for default.")
    ] = None,
    phrase_scoring: Annotated[
        str | None, typer.Option(help="Scoring of phrases: npmi, or default (as in word2vec).")
    ] = None,
    phrase_connectors: Annotated[
        str | None, typer.Option(help="Words allowed inside a phrase: none or english (of, the, ...).")
    ] = None,
    json: Json = False,
) -> None:
    """Import text from one or several files: one document per line, paragraph, file or table row."""
    tokenizer = _set_flags(
        lowercase=lowercase,
        min_length=min_length,
        keep_digits=digits,
        stop_words=stop_words,
        segmentation=segmentation,
        contractions=contractions,
        emoji=emoji,
    )
    phrase_options = _set_flags(
        min_count=phrase_min_count,
        threshold=phrase_threshold,
        scoring=phrase_scoring,
        connector_words=phrase_connectors,
    )
    flags = _set_flags(
        phrases=phrase_options if phrases or phrase_options else None,
        layout=layout,
        encoding=encoding,
        delimiter=_separator(delimiter),
        # A column given by name implies a header, even if the first row does not look like one.
        has_header=True if header is None and _by_name(text_column, label_column) else header,
        quoting=quoting,
        skip_lines=skip_lines,
        sheet=sheet,
        text_column=text_column,
        label_column=label_column,
        member=member,
        label_by=label_by,
        part_column=part_column,
        part_by=part_by,
        other_columns=other_columns,
    )
    if all_members or len(files) > 1:
        flags |= {"all_members": True, "member": None}
    elif all_members is False or member is not None:
        flags |= {"all_members": False, "label_by": label_by or "none", "part_by": part_by or "none"}

    def options(upload: OpenedUpload) -> dict[str, Any]:
        from embedlab.kinds.text.dataset import guess_text_options

        first = upload.of_member(member)
        first = first if encoding is None else first.read_in(encoding)
        guessed = guess_text_options(first, upload.limits, chosen=flags.keys()).model_dump(mode="json")
        if label_by is not None:
            guessed["label_column"] = None
        elif label_column is not None:
            guessed["label_by"] = "none"
        if part_column is not None:
            guessed["part_by"] = "none"
        return {**guessed, **flags, "tokenizer": {**guessed.get("tokenizer", {}), **tokenizer}}

    with opened_jobs() as jobs, _bundled(jobs.workspace, files) as one:
        companions = _set_flags(labels=labels)
        _import(jobs, "text", one, options, name or _default_name(files), companions=companions, as_json=json)


@import_app.command("ratings")
def import_ratings(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file of ratings.")],
    items: Annotated[Path | None, typer.Option(metavar="FILE", help="Titles, genres and years of the items.")] = None,
    test: Annotated[Path | None, typer.Option(metavar="FILE", help="The test part of a published split.")] = None,
    tags: Annotated[Path | None, typer.Option(metavar="FILE", help="Tags that users gave to items.")] = None,
    user: Column = None,
    item: Column = None,
    rating: Column = None,
    time: Column = None,
    no_time: Annotated[bool, typer.Option("--no-time", help="There is no time column.")] = False,
    duplicates: Annotated[str | None, typer.Option(help="If a user rates an item twice: last, mean or refuse.")] = None,
    shape: Annotated[
        str | None, typer.Option(help="long: one rating per row; wide: one column per item. Found if left out.")
    ] = None,
    not_rated: Annotated[
        str | None, typer.Option(metavar="VALUES", help="Values that mean “not rated”, such as -1 or 0,99; or none.")
    ] = None,
    rating_words: Annotated[
        str | None, typer.Option(metavar="WORDS", help="Ratings that are words, from the lowest: bad,ok,good.")
    ] = None,
    date_order: Annotated[str | None, typer.Option(help="Dates such as 3/4/2014: month-first or day-first.")] = None,
    items_format: Annotated[
        str | None, typer.Option(help="Layout of the items file: delimited, jsonl, json, parquet or excel.")
    ] = None,
    items_delimiter: Annotated[
        str | None, typer.Option("--items-delimiter", "--items-separator", help="Column delimiter of the items file.")
    ] = None,
    items_encoding: Annotated[str | None, typer.Option(help="Encoding of the items file.")] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    header: Header = None,
    quoting: Quoting = None,
    skip_lines: SkipLines = None,
    sheet: Sheet = None,
    member: Member = None,
    name: Name = None,
    json: Json = False,
) -> None:
    """Import ratings of items by users: one per row, or a row per user and a column per item."""
    flags = _set_flags(
        user=user,
        item=item,
        rating=rating,
        time=time,
        duplicates=duplicates,
        shape=shape,
        not_rated=not_rated,
        rating_words=rating_words,
        date_order=date_order,
        items_layout=items_format,
        items_delimiter=_separator(items_delimiter),
        items_encoding=items_encoding,
        encoding=encoding,
        delimiter=_separator(delimiter),
        has_header=header,
        quoting=quoting,
        skip_lines=skip_lines,
        sheet=sheet,
        member=member,
    )
    if no_time:
        flags["time"] = None
    with opened_jobs() as jobs:
        _import(
            jobs,
            "ratings",
            file,
            lambda _: flags,
            name or _default_name([file]),
            companions=_set_flags(items=items, test=test, tags=tags),
            as_json=json,
        )


@import_app.command("vectors")
def import_vectors(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The file of vectors.")] = None,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Download the file from this https:// address instead.")
    ] = None,
    words_of: Annotated[
        str | None,
        typer.Option("--words-of", metavar="DATASET", help="Import only the vocabulary of this text dataset."),
    ] = None,
    metadata: Annotated[
        Path | None,
        typer.Option(
            "--metadata", "--names", metavar="FILE", help="One name per line, or a table; one row per vector."
        ),
    ] = None,
    first: Annotated[int | None, typer.Option(help="Read only this many vectors.")] = None,
    key_column: Annotated[str | None, typer.Option(metavar="C", help="Parquet: column of keys.")] = None,
    vector_column: Annotated[str | None, typer.Option(metavar="C", help="Parquet: column of vectors (lists).")] = None,
    member: Member = None,
    name: Name = None,
    json: Json = False,
) -> None:
    """Import pre-trained vectors: word2vec, fastText .vec, GloVe, TSV pair, .npy with names, or Parquet."""
    flags = _set_flags(
        first=first, member=member, key_column=key_column, vector_column=vector_column, words_of=words_of
    )
    if (file is None) == (url is None):
        raise InputError("The command needs one file.", remedy="Give either FILE or --url.")
    with opened_jobs() as jobs:
        source = file if file is not None else _download_url(jobs, str(url))
        title = name or (_default_name([source]) if isinstance(source, Path) else source.name)
        companions = _set_flags(items=metadata)
        _import(jobs, "vectors", source, lambda _: flags, title, companions=companions, as_json=json)


def _download_url(jobs: Jobs, url: str) -> Upload:
    """Download the file at an address into the workspace."""
    from embedlab.jobs.jobs import raise_error_of

    job = follow(jobs, jobs.submit_fetch(url).id)
    raise_error_of(job)
    return jobs.workspace.upload((job.result or {})["upload_id"])


def sample(
    name: Annotated[str | None, typer.Argument(help="Name of a sample; without it, the samples are listed.")] = None,
    train: Annotated[bool, typer.Option("--train/--no-train", help="Train a model with settings that suit it.")] = True,
    json: Json = False,
) -> None:
    """Import a sample and train a model on it: the fastest way to an embedding."""
    from embedlab.cli.train import write_run
    from embedlab.samples.shipped import SAMPLES, write_sample
    from embedlab.samples.shipped import sample as sample_of

    if name is None:
        _write_offers(SAMPLES, "summary", as_json=json)
        return
    chosen = sample_of(name)
    with opened_jobs() as jobs, tempfile.TemporaryDirectory() as folder:
        files = write_sample(chosen.name, Path(folder))
        then = (chosen.model, chosen.parameters) if train else None
        job = _run_import(
            jobs,
            chosen.kind,
            files.path,
            lambda _: chosen.options,
            chosen.title,
            companions=_set_flags(items=files.items_path),
            then_train=then,
        )
        result = job.result or {}
        if train:
            follow(jobs, result["run_id"])
            write_run(jobs, result["run_id"], as_json=json)
        else:
            _write_import(jobs.workspace, job, as_json=json)


def download(
    name: Annotated[
        str | None, typer.Argument(help="Name of a public dataset; without it, the datasets are listed.")
    ] = None,
    json: Json = False,
) -> None:
    """Download a public dataset over HTTPS, verify it, and import it."""
    from embedlab.jobs.jobs import raise_error_of
    from embedlab.samples.downloads import DOWNLOADS

    if name is None:
        _write_offers(DOWNLOADS, "terms", as_json=json)
        return
    with opened_jobs() as jobs:
        download_job = follow(jobs, jobs.submit_download(name).id)
        raise_error_of(download_job)
        job = follow(jobs, (download_job.result or {})["import_id"])
        raise_error_of(job)
        _write_import(jobs.workspace, job, as_json=json)


def _write_offers(offers: Sequence[Any], more: str, *, as_json: bool) -> None:
    names = ["name", "kind", "title"]
    if as_json:
        write_json([{name: getattr(each, name) for name in [*names, more]} for each in offers])
    else:
        write_table(names, [[getattr(each, name) for name in names] for each in offers], empty="")


def import_kind(
    kind: str,
    file: Path,
    options: Mapping[str, Any],
    companions: Mapping[str, Path],
    name: str | None,
    *,
    as_json: bool,
) -> None:
    """Import a file of a kind that has no command of its own; missing options are guessed from the content."""
    from embedlab.kinds.registry import kind as kind_of

    def complete(upload: OpenedUpload) -> Mapping[str, Any]:
        guessed = kind_of(kind).guess_options(upload)
        return {**guessed.model_dump(mode="json"), **options}

    with opened_jobs() as jobs:
        _import(jobs, kind, file, complete, name or _default_name([file]), companions=companions, as_json=as_json)


def _import(
    jobs: Jobs,
    kind: str,
    file: Path | Upload,
    options: Callable[[OpenedUpload], Mapping[str, Any]],
    name: str,
    *,
    companions: Mapping[str, Path] | None = None,
    as_json: bool,
) -> None:
    job = _run_import(jobs, kind, file, options, name, companions=companions)
    _write_import(jobs.workspace, job, as_json=as_json)


@import_app.command(FILES, hidden=True)
def import_together(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="A file, or files that belong together.")],
    name: Name = None,
    json: Json = False,
) -> None:
    """Import files of any kind: what each of them is, is detected from the content."""
    with opened_jobs() as jobs:
        job = import_files(jobs, files, name)
        _write_import(jobs.workspace, job, as_json=json)


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

    named = named_files(jobs.workspace, [_check_file(file) for file in files])
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
    with _bundled(jobs.workspace, main) as one:
        return _run_import(
            jobs,
            known.name,
            one,
            lambda upload: known.guess_options(upload).model_dump(mode="json"),
            name or _default_name(main),
            companions=companions,
            then_train=then_train,
        )


def _run_import(
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
        upload = workspace.stage_upload(_check_file(file), file.name) if isinstance(file, Path) else file
        staged.append(upload.id)
        ids = {}
        for role, path in (companions or {}).items():
            ids[role] = workspace.stage_upload(_check_file(path), path.name).id
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


def _discard(jobs: Jobs, job_id: str | None, staged: list[str]) -> None:
    if job_id is not None:
        with suppress(ConflictError):
            jobs.cancel(job_id)
            jobs.wait(job_id, timeout_s=10.0)
        with suppress(EmbedLabError):
            jobs.dismiss(job_id)
    for upload_id in staged:
        jobs.workspace.discard_upload(upload_id)


def _write_import(workspace: Workspace, job: JobRow, *, as_json: bool) -> None:
    result = job.result or {}
    row = workspace.dataset(result["dataset_id"])
    summary: dict[str, Any] = {
        "id": row.id,
        "kind": row.kind,
        "name": row.name,
        "counts": row.counts,
        "warnings": row.warnings,
        "seconds": job.elapsed_s,
        **{part: row.details[part] for part in ("labels", "phrases", READ) if part in row.details},
    }
    from embedlab.kinds.registry import kind as kind_of

    reported = (*kind_of(row.kind).reported_details, *CHANGES)
    if details := {part: row.details[part] for part in reported if part in row.details}:
        summary["details"] = details
    if "embedding_id" in result:
        summary["embedding"] = result["embedding_id"]
    if as_json:
        write_json(summary)
        return
    counts = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in row.counts.items())
    write_line(f"{row.id}  {row.name}: {counts}")
    if "embedding" in summary:
        write_line(f"embedding {summary['embedding']}")
    for used in row.details.get(READ, {}).get(COMPANIONS, []):
        write_note(f"{used['file']}: {used['summary'] or used['title']}")
    for sentence in [*row.details.get(READ, {}).get("assumptions", []), *row.warnings]:
        write_note(f"Note: {sentence}")
    if labels := row.details.get("labels"):
        _write_labels(labels)
    if phrases := row.details.get("phrases"):
        _write_phrases(phrases)


def _write_labels(statistics: Mapping[str, Any]) -> None:
    write_line(f"{statistics['different']:,} labels:")
    columns = ["label", "documents", "share", "words", "words per document"]
    rows = [
        (each["label"], each["documents"], f"{each['share']:.1%}", each["tokens"], f"{each['tokens_per_document']:.1f}")
        for each in statistics["most_frequent"][:_MOST_LABELS]
    ]
    write_table(columns, rows, empty="")


def _write_phrases(statistics: Mapping[str, Any]) -> None:
    write_line(f"{statistics['found']:,} phrases, joined {statistics['occurrences']:,} times.")
    rows = statistics["most_frequent"][:_MOST_PHRASES]
    if rows:
        write_table(["phrase", "count"], rows, empty="")


def _check_file(path: Path) -> Path:
    if not path.exists():
        raise NotFoundError("There is no such file.", received=str(path), remedy="Check the path.")
    if not path.is_file():
        raise InputError("This is not a file.", received=str(path), remedy="Give the path of a file, not of a folder.")
    return path


def _by_name(*columns: str | None) -> bool:
    return any(column is not None and not column.isdecimal() for column in columns)


def _set_flags(**flags: Any) -> dict[str, Any]:
    return {name: value for name, value in flags.items() if value is not None}


@contextmanager
def _bundled(workspace: Workspace, files: list[Path]) -> Iterator[Path]:
    """Yield the only file, or a bundle of all files."""
    for file in files:
        _check_file(file)
    if len(files) == 1:
        yield files[0]
        return
    from embedlab.reading.bundles import bundled
    from embedlab.reading.sources import Limits

    # Names include the folders, which may be the labels.
    named = [(f"{file.absolute().parent.name}/{file.name}", file) for file in files]
    with bundled(named, Limits.of(workspace.settings)) as bundle:
        yield bundle


def _separator(delimiter: str | None) -> str | None:
    return {"tab": "\t", "\\t": "\t", "space": " "}.get(delimiter, delimiter) if delimiter is not None else None


def _default_name(files: list[Path]) -> str:
    return files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"
