"""Recognizing files that are clearly pairs; all others can still be imported as pairs by name."""

from __future__ import annotations

from embedlab.kinds.guess import Guess
from embedlab.kinds.pairs.forms import form_of
from embedlab.kinds.pairs.headers import with_header
from embedlab.kinds.pairs.plan import image_members, table_member
from embedlab.reading.column_names import bare, names_of, rank_of_name
from embedlab.reading.columns import ColumnType, column_type
from embedlab.reading.opened import OpenedUpload, TableSample

#: Of the image names in a table, this share repeats where an image has several partners.
_SHARE_REPEATED = 0.2


def pairs_in(kind: str, upload: OpenedUpload) -> Guess | None:
    """Return a guess if a table has the columns left and right, or pairs titles, or images of an archive, with tags.

    A table that gives each image one label is left to other kinds.
    """
    # The file is opened once, here.
    if upload.head and (images := image_members(upload)):
        return _pairs_of_images(kind, upload, images)
    table = None if upload.table is None else with_header(upload.table)
    if table is None or not table.table_format.has_header:
        return None
    lower = [name.strip().lower() for name in table.names]
    if lower.count("left") != 1 or lower.count("right") != 1:
        return _titles_with_tags(kind, table)
    roles = {lower.index("left"): "left", lower.index("right"): "right"}
    return Guess.of_table(kind, table, roles, "The columns are named left and right.")


def _titles_with_tags(kind: str, table: TableSample) -> Guess | None:
    """Return a guess if a list of items pairs titles with several genres or tags each, and has nothing else to read."""
    if not table.rows:
        return None
    key, title, tags = (
        next((place for place, name in enumerate(table.names) if bare(name) in names_of(f"item {holds}")), None)
        for holds in ("key", "title", "genres")
    )
    if key is None or title is None or tags is None or len({key, title, tags}) < 3:
        return None
    cells = [[row[place] for row in table.rows] for place in range(len(table.names))]
    others = [place for place in range(len(table.names)) if place not in {title, tags}]
    if any(column_type(cells[place]) == ColumnType.TEXT and form_of(cells[place], "|") == "text" for place in others):
        return None
    if any(rank_of_name(name, role) is not None for name in table.names for role in ("user", "rating")):
        return None
    if form_of(cells[title], "|") != "text" or form_of(cells[tags], "|") != "tags":
        return None
    reason = f"Each row pairs a title with several {table.names[tags].strip().lower()}."
    return Guess.of_table(kind, table, {title: "left", tags: "right"}, reason)


def _pairs_of_images(kind: str, upload: OpenedUpload, images: list[str]) -> Guess | None:
    member = table_member(upload)
    if member is None or member in images:
        return None
    sample = upload.of_member(member).table
    if sample is None or len(sample.names) < 2:
        return None
    table = with_header(sample)
    for place in range(len(table.names)):
        cells = [row[place] for row in table.rows]
        if form_of(cells, "|", images) != "image":
            continue
        others = [other for other in range(len(table.names)) if other != place]
        has_tags = any(form_of([row[other] for row in table.rows], "|") == "tags" for other in others)
        if has_tags or len(set(cells)) <= (1 - _SHARE_REPEATED) * len(cells):
            reason = "A table in the archive pairs its images with several values each."
            return Guess.of_table(kind, table, {place: "image"}, reason)
    return None
