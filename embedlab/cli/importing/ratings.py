"""`import ratings FILE`: the command and its flags."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
from embedlab.cli.importing.job import default_name, import_one
from embedlab.cli.work import opened_jobs


def import_ratings(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file of ratings.")],
    items: Annotated[Path | None, typer.Option(metavar="FILE", help="Titles, genres and years of the items.")] = None,
    test: Annotated[Path | None, typer.Option(metavar="FILE", help="The test part of a published split.")] = None,
    tags: Annotated[Path | None, typer.Option(metavar="FILE", help="Tags that users gave to items.")] = None,
    users: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Age, country or any other columns of the users.")
    ] = None,
    user: Column = None,
    item: Column = None,
    rating: Annotated[
        str | None, typer.Option(metavar="C", help="Column of the rating, or of the count of implicit feedback.")
    ] = None,
    no_rating: Annotated[
        bool, typer.Option("--no-rating", help="No column holds ratings or counts: each row is a choice.")
    ] = False,
    feedback: Annotated[
        str | None,
        typer.Option(
            help="explicit: users gave ratings; implicit: only what they chose, or how often, is known. Detected if "
            "left out."
        ),
    ] = None,
    count_scaling: Annotated[
        str | None, typer.Option(help="Weights of counts: log (default), linear or binary.")
    ] = None,
    time: Column = None,
    no_time: Annotated[bool, typer.Option("--no-time", help="There is no time column.")] = False,
    duplicates: Annotated[
        str | None,
        typer.Option(
            help="If a user has an item twice: last (default for ratings), sum (for implicit feedback), mean or refuse."
        ),
    ] = None,
    shape: Annotated[
        str | None,
        typer.Option(
            help="long: one rating per row; wide: one column per item; baskets: items of one basket on each line. "
            "Detected if left out."
        ),
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
    """Import ratings of items by users, or what they chose: rows of ratings or counts, a wide table, or baskets."""
    flags = given_flags(
        user=user,
        item=item,
        rating=rating,
        time=time,
        feedback=feedback,
        count_scaling=count_scaling,
        duplicates=duplicates,
        shape=shape,
        not_rated=not_rated,
        rating_words=rating_words,
        date_order=date_order,
        items_layout=items_format,
        items_delimiter=separator(items_delimiter),
        items_encoding=items_encoding,
        encoding=encoding,
        delimiter=separator(delimiter),
        has_header=header,
        quoting=quoting,
        skip_lines=skip_lines,
        sheet=sheet,
        member=member,
    )
    if no_time:
        flags["time"] = None
    if no_rating:
        flags |= {"rating": None, "feedback": "implicit"}
    with opened_jobs() as jobs:
        import_one(
            jobs,
            "ratings",
            file,
            lambda _: flags,
            name or default_name([file]),
            companions=given_flags(items=items, test=test, users=users, tags=tags),
            as_json=json,
        )
