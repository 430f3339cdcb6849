"""What an import has made, for people and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.kinds.reading_report import CHANGES, COMPANIONS, READ

if TYPE_CHECKING:
    from embedlab.workspace.rows import JobRow
    from embedlab.workspace.workspace import Workspace

#: Maximum number of labels and phrases in the output; --json lists more.
_MOST_LABELS = 20
_MOST_PHRASES = 20


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
