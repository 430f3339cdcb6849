"""`import table FILE`: the command and its flags."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.flags import Json, given_flags
from embedlab.cli.importing.flags import (
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
from embedlab.cli.importing.job import default_name, import_one
from embedlab.cli.work import opened_jobs
from embedlab.core.errors import ParameterError

if TYPE_CHECKING:
    from embedlab.reading.opened import OpenedUpload


def import_table(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The table: CSV, TSV, JSON, Excel, Parquet, or a zip of WAV files.")
    ],
    target: Annotated[
        str | None,
        typer.Option(metavar="C", help="Column to predict, by name or 0-based number; left out: there is none."),
    ] = None,
    target_type: Annotated[str | None, typer.Option(help="Type of the target: number or category.")] = None,
    log: Annotated[
        bool | None,
        typer.Option(
            "--log/--no-log", help="Predict the logarithm of the target; default: if it is positive with a long tail."
        ),
    ] = None,
    types: Annotated[
        list[str] | None,
        typer.Option(
            "--type", metavar="C=TYPE", help="Type of a column: category, number, text, date, id; can be repeated."
        ),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(metavar="C", help="A column that describes rows but is not for models; can be repeated."),
    ] = None,
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
    """Import a table with one case per row: a column to predict from the others, or numbers to compare the rows by."""
    flags = given_flags(
        target=target,
        target_type=target_type,
        target_log=log,
        encoding=encoding,
        delimiter=separator(delimiter),
        has_header=header,
        quoting=quoting,
        skip_lines=skip_lines,
        sheet=sheet,
        member=member,
    )
    flags["types"] = {**_types_of(types or []), **dict.fromkeys(leave_out or [], "left-out")}

    def options(upload: OpenedUpload) -> Mapping[str, Any]:
        return {"member": upload.member, **flags}

    with opened_jobs() as jobs:
        import_one(jobs, "table", file, options, name or default_name([file]), as_json=json)


def _types_of(texts: list[str]) -> dict[str, str]:
    types: dict[str, str] = {}
    for text in texts:
        column, equals, chosen = text.rpartition("=")
        if not equals or not column:
            raise ParameterError(
                "--type needs a column and a type.", received=text, remedy="Write --type zipcode=category."
            )
        types[column] = chosen
    return types
