"""Detecting the layout of a text: a column of a table, lines, paragraphs, or one document."""

from __future__ import annotations

from collections.abc import Sequence

from embedlab.core.kind import Kind
from embedlab.kinds.guess import Guess
from embedlab.kinds.text.column_roles import TextRoles, text_roles
from embedlab.kinds.text.layouts.archive_plans import archive_plan
from embedlab.kinds.text.layouts.json_strings import are_json_strings
from embedlab.kinds.text.layouts.label_prefixes import have_prefixes
from embedlab.kinds.text.layouts.sorted_labels import with_sorted_labels
from embedlab.kinds.text.layouts.subtitles import are_subtitles
from embedlab.kinds.text.layouts.wikipedia import is_wikipedia
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.other_formats import refuse_other_formats


def text_in(upload: OpenedUpload) -> Guess:
    """Return how a file reads as text, whatever else it could be; raises `InputError` for binary or damaged files."""
    refuse_other_formats(upload)
    special = _special_layout(upload)
    table = upload.table if special is None else None
    plan = archive_plan(upload, is_table=table is not None)
    if table is not None and (plan is None or plan.layout is None):
        roles = roles_in(upload)
        return Guess.of_table(Kind.TEXT, table, {} if roles is None else roles.by_number(), *(roles or _NONE).reasons)
    layout, reason = special or _layout(upload.lines)
    if plan is not None and plan.layout is not None:
        layout, reason = plan.layout, plan.reasons[0]
    reasons = [reason] if special or plan else ["No separator divides the lines into columns.", reason]
    return Guess(Kind.TEXT, layout, upload.encoding, member=upload.member, reasons=reasons)


_NONE = TextRoles(None)


def roles_in(upload: OpenedUpload) -> TextRoles | None:
    """Return the roles of the columns if the file is a table."""
    table = upload.table
    if table is None:
        return None
    roles = text_roles(table.names, table.rows, has_header=table.table_format.has_header)
    return with_sorted_labels(upload, table, roles)


def _special_layout(upload: OpenedUpload) -> tuple[Layout, str] | None:
    """Return a layout that has marks of its own."""
    if upload.is_parquet:
        return None
    lines = upload.lines
    if is_wikipedia("\n".join(lines[:50])):
        return Layout.WIKIPEDIA, "The file is a Wikipedia dump; each article is a document."
    if lines[0].lstrip().startswith(("[", '"')) and are_json_strings("\n".join(lines)):
        return Layout.STRINGS, "The file holds JSON texts; each is a document."
    if are_subtitles(lines[:2000]):
        return Layout.SUBTITLES, "The file holds subtitles; each is a document, without its number and times."
    if have_prefixes(lines):
        return Layout.LINES, "Each line begins with its label, as in files for fastText."
    return None


def _layout(lines: Sequence[str]) -> tuple[Layout, str]:
    n_blank = sum(not line.strip() for line in lines)
    if len(lines) - n_blank <= 2:
        return Layout.DOCUMENT, "The text has hardly any line breaks, so it is read as one document."
    if n_blank >= 0.1 * len(lines):
        return Layout.PARAGRAPHS, "Blank lines separate paragraphs."
    return Layout.LINES, "Each line is a document."
