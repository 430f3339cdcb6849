"""`import KIND`, and `sample`: files become datasets through a job like any other."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.flags import Json
from embedlab.cli.import_kind import ImportGroup
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import follow, opened_jobs
from embedlab.core.errors import ConflictError, EmbedLabError, InputError, NotFoundError
from embedlab.kinds.reading_report import CHANGES, READ

if TYPE_CHECKING:
    from embedlab.jobs.jobs import Jobs
    from embedlab.workspace.rows import JobRow
    from embedlab.workspace.uploads import Upload
    from embedlab.workspace.workspace import Workspace

Name = Annotated[str | None, typer.Option("--name", help="Name of the dataset; the file's name when left out.")]
Column = Annotated[str | None, typer.Option(metavar="C", help="Column by name, or by 0-based number.")]
Encoding = Annotated[str | None, typer.Option(help="Encoding of the file, such as utf-8 or cp1252.")]
Delimiter = Annotated[str | None, typer.Option(help="What parts the columns, such as , or ; or tab or ::.")]
Header = Annotated[bool | None, typer.Option("--header/--no-header", help="Whether the first row names the columns.")]
Quoting = Annotated[bool | None, typer.Option("--quoting/--no-quoting", help="Whether double quotes enclose cells.")]
Member = Annotated[str | None, typer.Option(help="Which file of a zip archive; the largest when left out.")]

#: So many labels and phrases are written; --json tells more of them.
_MOST_LABELS = 20
_MOST_PHRASES = 20

import_app = typer.Typer(cls=ImportGroup, help="Bring a file into the workspace.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(import_app, name="import")
    app.command("sample")(sample)
    app.command("download")(download)


@import_app.command("text")
def import_text(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Several become one dataset.")],
    name: Name = None,
    text_column: Column = None,
    label_column: Column = None,
    layout: Annotated[str | None, typer.Option(help="lines, paragraphs, document, delimited, jsonl, parquet.")] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    header: Header = None,
    quoting: Quoting = None,
    member: Member = None,
    all_members: Annotated[bool, typer.Option("--all-members", help="Read all files of a zip archive.")] = False,
    label_by: Annotated[
        str | None, typer.Option(help="Label documents by file or folder, where several files are read.")
    ] = None,
    lowercase: Annotated[bool | None, typer.Option("--lowercase/--keep-case", help="Lower-case all words.")] = None,
    min_length: Annotated[int | None, typer.Option(help="Shortest word to keep.")] = None,
    digits: Annotated[bool | None, typer.Option("--digits/--no-digits", help="Keep words of digits.")] = None,
    stop_words: Annotated[str | None, typer.Option(help="none or english.")] = None,
    segmentation: Annotated[
        str | None, typer.Option(help="What parts words: spaces, characters, chinese or japanese.")
    ] = None,
    phrases: Annotated[bool, typer.Option("--phrases", help="Join words that often stand together: new_york.")] = False,
    phrase_min_count: Annotated[int | None, typer.Option(help="Leave rarer pairs alone; default 5.")] = None,
    phrase_threshold: Annotated[
        float | None, typer.Option(help="Join pairs that score higher; 0.5 for npmi, 10 for default.")
    ] = None,
    phrase_scoring: Annotated[
        str | None, typer.Option(help="How pairs are scored: npmi, or default (as word2vec).")
    ] = None,
    phrase_connectors: Annotated[
        str | None, typer.Option(help="Words allowed inside a phrase: none or english (of, the, ...).")
    ] = None,
    json: Json = False,
) -> None:
    """Import texts: a document a line, paragraphs, one document, or a column of a table; of one file or several."""
    tokenizer = _given(
        lowercase=lowercase,
        min_length=min_length,
        keep_digits=digits,
        stop_words=stop_words,
        segmentation=segmentation,
    )
    joining = _given(
        min_count=phrase_min_count,
        threshold=phrase_threshold,
        scoring=phrase_scoring,
        connector_words=phrase_connectors,
    )
    flags = _given(
        phrases=joining if phrases or joining else None,
        layout=layout,
        encoding=encoding,
        delimiter=_separator(delimiter),
        # Who names a column knows of a first row with names, also where it does not look like one.
        has_header=True if header is None and _by_name(text_column, label_column) else header,
        quoting=quoting,
        text_column=text_column,
        label_column=label_column,
        member=member,
        label_by=label_by,
    )
    if all_members or len(files) > 1:
        flags |= {"all_members": True, "member": None}

    def options(workspace: Workspace, path: Path) -> dict[str, Any]:
        from embedlab.kinds.text.dataset import guess_text_options
        from embedlab.reading.sources import Limits

        guessed = guess_text_options(path, Limits.of(workspace.settings)).model_dump(mode="json")
        if label_by is not None:
            guessed["label_column"] = None
        return {**guessed, **flags, "tokenizer": {**guessed.get("tokenizer", {}), **tokenizer}}

    with opened_jobs() as jobs, _as_one_file(jobs.workspace, files) as one:
        _import(jobs, "text", one, options, name or _default_name(files), as_json=json)


@import_app.command("ratings")
def import_ratings(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    items: Annotated[Path | None, typer.Option(metavar="FILE", help="Titles, genres and years of the items.")] = None,
    test: Annotated[Path | None, typer.Option(metavar="FILE", help="The test part of a published split.")] = None,
    user: Column = None,
    item: Column = None,
    rating: Column = None,
    time: Column = None,
    no_time: Annotated[bool, typer.Option("--no-time", help="No column holds a time.")] = False,
    duplicates: Annotated[str | None, typer.Option(help="last, mean or refuse, when a pair is rated twice.")] = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    header: Header = None,
    quoting: Quoting = None,
    member: Member = None,
    name: Name = None,
    json: Json = False,
) -> None:
    """Import ratings of items by users, one a row."""
    flags = _given(
        user=user,
        item=item,
        rating=rating,
        time=time,
        duplicates=duplicates,
        encoding=encoding,
        delimiter=_separator(delimiter),
        has_header=header,
        quoting=quoting,
        member=member,
    )
    if no_time:
        flags["time"] = None
    with opened_jobs() as jobs:
        _import(
            jobs,
            "ratings",
            file,
            lambda *_: flags,
            name or _default_name([file]),
            companions=_given(items=items, test=test),
            as_json=json,
        )


@import_app.command("vectors")
def import_vectors(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]")] = None,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Fetch the file from this https:// address instead.")
    ] = None,
    words_of: Annotated[
        str | None,
        typer.Option("--words-of", metavar="DATASET", help="Keep only vectors of the words of this text dataset."),
    ] = None,
    metadata: Annotated[
        Path | None,
        typer.Option("--metadata", "--names", metavar="FILE", help="Names, one a line, or a table; one row a vector."),
    ] = None,
    first: Annotated[int | None, typer.Option(help="Read only this many vectors.")] = None,
    keys: Annotated[
        str | None, typer.Option(help="named: a column holds the keys; numbered: rows are numbered from 0.")
    ] = None,
    key_column: Annotated[
        str | None, typer.Option(metavar="C", help="Column of the keys, in the file or its metadata.")
    ] = None,
    vector_column: Annotated[str | None, typer.Option(metavar="C", help="Column of lists of numbers.")] = None,
    array: Annotated[str | None, typer.Option(help="Which array, of .npz, .safetensors and Keras files.")] = None,
    duplicates: Annotated[
        str | None, typer.Option(help="first, last, mean or refuse, when a key occurs more than once.")
    ] = None,
    format_name: Annotated[str | None, typer.Option("--format", help="Format of the file, such as glove.")] = None,
    encoding: Encoding = None,
    member: Member = None,
    name: Name = None,
    json: Json = False,
) -> None:
    """Import pre-trained vectors: word2vec, fastText, GloVe, TSV, CSV, JSON, NumPy, safetensors, Keras, Parquet."""
    flags = _given(
        first=first,
        member=member,
        keys=keys,
        key_column=key_column,
        vector_column=vector_column,
        array=array,
        duplicates=duplicates,
        format=format_name,
        encoding=encoding,
        words_of=words_of,
    )
    if (file is None) == (url is None):
        raise InputError("One file is needed.", remedy="Give either FILE or --url.")
    with opened_jobs() as jobs:
        source = file if file is not None else _fetched(jobs, str(url))
        title = name or (_default_name([source]) if isinstance(source, Path) else source.name)
        companions = _given(items=metadata)
        _import(jobs, "vectors", source, lambda *_: flags, title, companions=companions, as_json=json)


def _fetched(jobs: Jobs, url: str) -> Upload:
    """Fetch the file at an address into the workspace."""
    from embedlab.jobs.jobs import raise_error_of

    job = follow(jobs, jobs.submit_fetch(url).id)
    raise_error_of(job)
    return jobs.workspace.upload((job.result or {})["upload_id"])


def sample(
    name: Annotated[str | None, typer.Argument(help="Name of a sample; left out: list them.")] = None,
    train: Annotated[bool, typer.Option("--train/--no-train", help="Train its model with good settings.")] = True,
    json: Json = False,
) -> None:
    """Import a sample and train on it: the quickest way to an embedding."""
    from embedlab.cli.train import tell_run
    from embedlab.samples.shipped import SAMPLES, write_sample
    from embedlab.samples.shipped import sample as sample_of

    if name is None:
        _tell_offers(SAMPLES, "summary", as_json=json)
        return
    chosen = sample_of(name)
    with opened_jobs() as jobs, tempfile.TemporaryDirectory() as folder:
        files = write_sample(chosen.name, Path(folder))
        then = (chosen.model, chosen.parameters) if train else None
        job = _imported(
            jobs,
            chosen.kind,
            files.path,
            lambda *_: chosen.options,
            chosen.title,
            companions=_given(items=files.items_path),
            then_train=then,
        )
        result = job.result or {}
        if train:
            follow(jobs, result["run_id"])
            tell_run(jobs, result["run_id"], as_json=json)
        else:
            _tell_import(jobs.workspace, job, as_json=json)


def download(
    name: Annotated[str | None, typer.Argument(help="Name of a public data set; left out: list them.")] = None,
    json: Json = False,
) -> None:
    """Fetch a public data set over HTTPS, check it, and import it."""
    from embedlab.jobs.jobs import raise_error_of
    from embedlab.samples.downloads import DOWNLOADS

    if name is None:
        _tell_offers(DOWNLOADS, "terms", as_json=json)
        return
    with opened_jobs() as jobs:
        fetched = follow(jobs, jobs.submit_download(name).id)
        raise_error_of(fetched)
        job = follow(jobs, (fetched.result or {})["import_id"])
        raise_error_of(job)
        _tell_import(jobs.workspace, job, as_json=json)


def _tell_offers(offers: Sequence[Any], more: str, *, as_json: bool) -> None:
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
    """Import a file as a kind without a command of its own: options that are left out are guessed from the content."""
    from embedlab.kinds.registry import kind as kind_of
    from embedlab.reading.opened import Opened
    from embedlab.reading.sources import Limits

    def complete(workspace: Workspace, path: Path) -> Mapping[str, Any]:
        guessed = kind_of(kind).guess_options(Opened(path, Limits.of(workspace.settings)))
        return {**guessed.model_dump(mode="json"), **options}

    with opened_jobs() as jobs:
        _import(jobs, kind, file, complete, name or _default_name([file]), companions=companions, as_json=as_json)


def _import(
    jobs: Jobs,
    kind: str,
    file: Path | Upload,
    options: Callable[[Workspace, Path], Mapping[str, Any]],
    name: str,
    *,
    companions: Mapping[str, Path] | None = None,
    as_json: bool,
) -> None:
    job = _imported(jobs, kind, file, options, name, companions=companions)
    _tell_import(jobs.workspace, job, as_json=as_json)


def import_file(jobs: Jobs, file: Path, companion: Path | None, name: str) -> JobRow:
    """Import a file as what it seems to be, with the options guessed from its content; wait for it.

    Parameters
    ----------
    companion
        Metadata of vectors, or the items beside ratings.

    Raises
    ------
    InputError
        The file cannot be read, or the companion is given to a text.
    """
    from embedlab.kinds.registry import kind as kind_of
    from embedlab.kinds.sniffing import sniff_opened
    from embedlab.reading.opened import Opened
    from embedlab.reading.sources import Limits

    upload = Opened(_existing(file), Limits.of(jobs.workspace.settings))
    known = kind_of(sniff_opened(upload).kind)
    if companion is not None and not known.companions:
        raise InputError(
            f"Data of the kind {known.title} takes no second file.",
            received=companion.name,
            remedy="Leave --metadata out.",
        )
    guessed = known.guess_options(upload).model_dump(mode="json")
    companions = {} if companion is None else {known.companions[0].name: companion}
    return _imported(jobs, known.name, file, lambda *_: guessed, name, companions=companions)


def _imported(
    jobs: Jobs,
    kind: str,
    file: Path | Upload,
    options: Callable[[Workspace, Path], Mapping[str, Any]],
    name: str,
    *,
    companions: Mapping[str, Path] | None = None,
    then_train: tuple[str, Mapping[str, Any]] | None = None,
) -> JobRow:
    """Import through a job and wait for it; what fails leaves the workspace as it was."""
    from embedlab.jobs.jobs import raise_error_of

    workspace = jobs.workspace
    staged: list[str] = []
    job_id: str | None = None
    try:
        upload = workspace.stage_upload(_existing(file), file.name) if isinstance(file, Path) else file
        staged.append(upload.id)
        ids = {}
        for role, path in (companions or {}).items():
            ids[role] = workspace.stage_upload(_existing(path), path.name).id
            staged.append(ids[role])
        known = workspace.find_dataset(upload.digest)
        if known is not None:
            write_note(f"The same file is in the workspace already: dataset {known.id}, {known.name}.")
        job_id = jobs.submit_import(
            upload.id,
            kind,
            options(workspace, upload.path),
            name,
            companions=ids,
            then_train=then_train,
        ).id
        job = follow(jobs, job_id)
        raise_error_of(job)
    except BaseException:
        _forget(jobs, job_id, staged)
        raise
    return job


def _forget(jobs: Jobs, job_id: str | None, staged: list[str]) -> None:
    if job_id is not None:
        with suppress(ConflictError):
            jobs.cancel(job_id)
            jobs.wait(job_id, timeout_s=10.0)
        with suppress(EmbedLabError):
            jobs.dismiss(job_id)
    for upload_id in staged:
        jobs.workspace.discard_upload(upload_id)


def _tell_import(workspace: Workspace, job: JobRow, *, as_json: bool) -> None:
    result = job.result or {}
    row = workspace.dataset(result["dataset_id"])
    told: dict[str, Any] = {
        "id": row.id,
        "kind": row.kind,
        "name": row.name,
        "counts": row.counts,
        "warnings": row.warnings,
        "seconds": job.elapsed_s,
        **{part: row.details[part] for part in ("labels", "phrases", READ) if part in row.details},
    }
    if changes := {part: row.details[part] for part in CHANGES if part in row.details}:
        told["details"] = changes
    if "embedding_id" in result:
        told["embedding"] = result["embedding_id"]
    if as_json:
        write_json(told)
        return
    counts = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in row.counts.items())
    write_line(f"{row.id}  {row.name}: {counts}")
    if "embedding" in told:
        write_line(f"embedding {told['embedding']}")
    for sentence in [*row.details.get(READ, {}).get("assumptions", []), *row.warnings]:
        write_note(f"Note: {sentence}")
    if labels := row.details.get("labels"):
        _tell_labels(labels)
    if phrases := row.details.get("phrases"):
        _tell_phrases(phrases)


def _tell_labels(statistics: Mapping[str, Any]) -> None:
    write_line(f"{statistics['different']:,} labels:")
    columns = ["label", "documents", "share", "words", "words a document"]
    rows = [
        (each["label"], each["documents"], f"{each['share']:.1%}", each["tokens"], f"{each['tokens_per_document']:.1f}")
        for each in statistics["most_frequent"][:_MOST_LABELS]
    ]
    write_table(columns, rows, empty="")


def _tell_phrases(told: Mapping[str, Any]) -> None:
    write_line(f"{told['found']:,} phrases, joined {told['occurrences']:,} times.")
    rows = told["most_frequent"][:_MOST_PHRASES]
    if rows:
        write_table(["phrase", "count"], rows, empty="")


def _existing(path: Path) -> Path:
    if not path.exists():
        raise NotFoundError("There is no such file.", received=str(path), remedy="Check its path.")
    if not path.is_file():
        raise InputError("This is not a file.", received=str(path), remedy="Name a file, not a folder.")
    return path


def _by_name(*columns: str | None) -> bool:
    return any(column is not None and not column.isdecimal() for column in columns)


def _given(**flags: Any) -> dict[str, Any]:
    return {name: value for name, value in flags.items() if value is not None}


@contextmanager
def _as_one_file(workspace: Workspace, files: list[Path]) -> Iterator[Path]:
    """Yield the only file, or one that holds them all."""
    for file in files:
        _existing(file)
    if len(files) == 1:
        yield files[0]
        return
    from embedlab.reading.bundles import bundled
    from embedlab.reading.sources import Limits

    # With their folders, which may be their labels.
    named = [(f"{file.absolute().parent.name}/{file.name}", file) for file in files]
    with bundled(named, Limits.of(workspace.settings)) as bundle:
        yield bundle


def _separator(delimiter: str | None) -> str | None:
    return {"tab": "\t", "\\t": "\t", "space": " "}.get(delimiter, delimiter) if delimiter is not None else None


def _default_name(files: list[Path]) -> str:
    return files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more"
