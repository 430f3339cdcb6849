"""What an import has made, for people and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from embedlab.cli.counts import counts_text
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.kinds.reading_report import CHANGES, COMPANIONS, READ

if TYPE_CHECKING:
    from embedlab.workspace.rows import JobRow
    from embedlab.workspace.workspace import Workspace

#: Maximum number of labels and phrases in the output; --json lists more.
_MOST_LABELS = 20
_MOST_PHRASES = 20
#: Titles and formats of what kinds store about a label.
_LABEL_COLUMNS = {
    "label": ("label", "{}"),
    "documents": ("documents", "{}"),
    "images": ("images", "{}"),
    "share": ("share", "{:.1%}"),
    "tokens": ("words", "{}"),
    "tokens_per_document": ("words per document", "{:.1f}"),
}


def write_import(workspace: Workspace, job: JobRow, *, as_json: bool) -> None:
    """Write the dataset that an import has made, how its file was read, and what was left out."""
    from embedlab.kinds.registry import kind as kind_of

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
    reported = (*kind_of(row.kind).reported_details, *CHANGES)
    if details := {part: row.details[part] for part in reported if part in row.details}:
        summary["details"] = details
    if "embedding_id" in result:
        summary["embedding"] = result["embedding_id"]
    if as_json:
        write_json(summary)
        return
    write_line(f"{row.id}  {row.name}: {counts_text(row.kind, row.counts)}")
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
    records = statistics["most_frequent"][:_MOST_LABELS]
    # Each kind of data counts its own cases: documents with their words, or images.
    names = [name for name in _LABEL_COLUMNS if any(name in each for each in records)]
    rows = [tuple(_LABEL_COLUMNS[name][1].format(each.get(name, 0)) for name in names) for each in records]
    write_table([_LABEL_COLUMNS[name][0] for name in names], rows, empty="")


def _write_phrases(statistics: Mapping[str, Any]) -> None:
    write_line(f"{statistics['found']:,} phrases, joined {statistics['occurrences']:,} times.")
    rows = statistics["most_frequent"][:_MOST_PHRASES]
    if rows:
        write_table(["phrase", "count"], rows, empty="")
