"""Flags that several commands of `import` have."""

from __future__ import annotations

from typing import Annotated

import typer

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


def separator(delimiter: str | None) -> str | None:
    """Return a separator that may be given by its name."""
    return {"tab": "\t", "\\t": "\t", "space": " "}.get(delimiter, delimiter) if delimiter is not None else None
