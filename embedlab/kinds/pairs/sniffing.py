"""Recognizing files that are clearly pairs; all others can still be imported as pairs by name."""

from __future__ import annotations

from embedlab.kinds.guess import Guess
from embedlab.kinds.pairs.forms import form_of
from embedlab.kinds.pairs.headers import with_header
from embedlab.kinds.pairs.plan import image_members, table_member
from embedlab.reading.opened import OpenedUpload

#: Of the image names in a table, this share repeats where an image has several partners.
_SHARE_REPEATED = 0.2


def pairs_in(kind: str, upload: OpenedUpload) -> Guess | None:
    """Return a guess if a table has the columns left and right, or pairs the images of an archive with several values.

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
        return None
    roles = {lower.index("left"): "left", lower.index("right"): "right"}
    return Guess.of_table(kind, table, roles, "The columns are named left and right.")


def _pairs_of_images(kind: str, upload: OpenedUpload, images: list[str]) -> Guess | None:
    member = table_member(upload)
    if member is None or member in images:
        return None
    table = upload.of_member(member).table
    if table is None or len(table.names) < 2:
        return None
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
