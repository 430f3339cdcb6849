"""`import FILE...` and `import KIND FILE...`: the commands and their flags."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.flags import Json, given_flags
from embedlab.cli.importing.flags import (
    Column,
    Delimiter,
    Encoding,
    Header,
    Member,
    Name,
    Quoting,
    Sheet,
    SkipLines,
    separator,
)
from embedlab.cli.importing.job import bundle_of, bundle_of_folder, default_name, import_files, import_one
from embedlab.cli.importing.kind import FILES, ImportGroup
from embedlab.cli.importing.ratings import import_ratings
from embedlab.cli.importing.summary import write_import
from embedlab.cli.importing.table import import_table
from embedlab.cli.samples import download, sample
from embedlab.cli.work import follow, opened_jobs
from embedlab.core.errors import InputError

if TYPE_CHECKING:
    from embedlab.jobs.jobs import Jobs
    from embedlab.reading.opened import OpenedUpload
    from embedlab.workspace.uploads import Upload

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
    strip_html: Annotated[
        bool | None,
        typer.Option(
            "--strip-html/--keep-html", help="Remove HTML tags and decode entities; default: if the text holds HTML."
        ),
    ] = None,
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
    tokenizer = given_flags(
        lowercase=lowercase,
        min_length=min_length,
        keep_digits=digits,
        stop_words=stop_words,
        segmentation=segmentation,
        contractions=contractions,
        emoji=emoji,
        strip_html=strip_html,
    )
    phrase_options = given_flags(
        min_count=phrase_min_count,
        threshold=phrase_threshold,
        scoring=phrase_scoring,
        connector_words=phrase_connectors,
    )
    flags = given_flags(
        phrases=phrase_options if phrases or phrase_options else None,
        layout=layout,
        encoding=encoding,
        delimiter=separator(delimiter),
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

    with opened_jobs() as jobs, bundle_of(jobs.workspace, files) as one:
        companions = given_flags(labels=labels)
        import_one(jobs, "text", one, options, name or default_name(files), companions=companions, as_json=json)


import_app.command("ratings")(import_ratings)
import_app.command("table")(import_table)


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
    flags = given_flags(
        first=first, member=member, key_column=key_column, vector_column=vector_column, words_of=words_of
    )
    if (file is None) == (url is None):
        raise InputError("The command needs one file.", remedy="Give either FILE or --url.")
    with opened_jobs() as jobs:
        source = file if file is not None else _download_url(jobs, str(url))
        title = name or (default_name([source]) if isinstance(source, Path) else source.name)
        companions = given_flags(items=metadata)
        import_one(jobs, "vectors", source, lambda _: flags, title, companions=companions, as_json=json)


def _download_url(jobs: Jobs, url: str) -> Upload:
    """Download the file at an address into the workspace."""
    from embedlab.jobs.jobs import raise_error_of

    job = follow(jobs, jobs.submit_fetch(url).id)
    raise_error_of(job)
    return jobs.workspace.upload((job.result or {})["upload_id"])


def import_kind(
    kind: str,
    file: Path,
    options: Mapping[str, Any],
    companions: Mapping[str, Path],
    name: str | None,
    *,
    as_json: bool,
) -> None:
    """Import a file of a kind that has no command of its own; missing options are guessed from the content.

    Of a kind that reads several files, it may be a folder.
    """
    from embedlab.kinds.registry import kind as kind_of

    def complete(upload: OpenedUpload) -> Mapping[str, Any]:
        guessed = kind_of(kind).guess_options(upload)
        return {**guessed.model_dump(mode="json"), **options}

    with opened_jobs() as jobs, ExitStack() as stack:
        one = file
        if file.is_dir() and kind_of(kind).reads_several_files:
            one = stack.enter_context(bundle_of_folder(jobs.workspace, file))
        import_one(jobs, kind, one, complete, name or default_name([file]), companions=companions, as_json=as_json)


@import_app.command(FILES, hidden=True)
def import_together(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="A file, or files that belong together.")],
    name: Name = None,
    json: Json = False,
) -> None:
    """Import files of any kind: what each of them is, is detected from the content."""
    with opened_jobs() as jobs:
        job = import_files(jobs, files, name)
        write_import(jobs.workspace, job, as_json=json)


def _by_name(*columns: str | None) -> bool:
    return any(column is not None and not column.isdecimal() for column in columns)
