"""How the files of an archive become documents: all of them, or only the largest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from statistics import median
from typing import Final, Literal

from embedlab.core.errors import InputError, shorten
from embedlab.kinds.text.members import part_of
from embedlab.reading.layouts import Layout
from embedlab.reading.opened import OpenedUpload

#: From this many files on, each is a document, unless they are large.
_MANY: Final = 10
_SMALL_BYTES: Final = 100_000
#: Files whose content is looked at.
_LOOKED_AT: Final = 12
#: A file with notes about the data beside it.
_NOTES: Final = frozenset({"readme", "license", "licence", "changelog", "copying", "notice", "citation"})


@dataclass(frozen=True)
class ArchivePlan:
    """How an archive with several files is read.

    Parameters
    ----------
    all_members
        Whether all files are read; else only the largest.
    layout
        What a document is, if that follows from the files; None: as in the largest file.
    label_by, part_by
        As in the options.
    reasons
        Plain sentences.
    """

    all_members: bool
    layout: Layout | None = None
    label_by: Literal["none", "folder"] = "none"
    part_by: Literal["none", "file"] = "none"
    reasons: list[str] = field(default_factory=list)


def archive_plan(upload: OpenedUpload, *, is_table: bool) -> ArchivePlan | None:
    """Return how the files of an archive are read; None for a file, and for an archive of one file."""
    members = [member for member in upload.contents.members if member.size_bytes]
    if len(members) < 2:
        return None
    parts = {part_of(member.name) for member in members if not _is_notes(member.name)}
    part_by: Literal["none", "file"] = "file" if {"train", "test"} <= parts else "none"
    if is_table:
        return _tables(upload, part_by)
    texts = [member for member in members if not _is_notes(member.name)]
    if len(texts) < 2 or not _are_texts(upload, [member.name for member in texts]):
        return _only_largest(upload)
    folders = Counter(PurePosixPath(member.name).parent.name for member in texts)
    has_labels = len([folder for folder in folders if folder]) >= 2 and len(texts) > len(folders)
    is_small = median(member.size_bytes for member in texts) <= _SMALL_BYTES
    layout = Layout.DOCUMENT if is_small and (has_labels or len(texts) >= _MANY) else None
    reasons = []
    if layout is not None:
        reasons.append(f"Each of the {len(members):,} files is a document.")
    else:
        reasons.append(f"All {len(members):,} files of the archive are read.")
    if has_labels:
        shown = ", ".join(shorten(folder, 30) for folder in sorted(filter(None, folders))[:5])
        reasons.append(f"Folders are the labels: {shown}{' ...' if len(folders) > 5 else ''}.")
    if part_by != "none":
        reasons.append("The words train and test in the names of files or folders are the published split.")
    return ArchivePlan(True, layout, "folder" if has_labels else "none", part_by, reasons)


def _tables(upload: OpenedUpload, part_by: Literal["none", "file"]) -> ArchivePlan:
    """Read tables with the same columns together."""
    names = upload.table.names if upload.table is not None else []
    alike = []
    for member in upload.contents.members[:_LOOKED_AT]:
        try:
            table = upload.of_member(member.name).table
        except InputError:
            continue
        if table is not None and table.names == names:
            alike.append(member.name)
    if len(alike) < 2:
        return _only_largest(upload)
    reasons = [f"Files with the same columns are read together: {', '.join(shorten(name, 40) for name in alike[:5])}."]
    if part_by != "none":
        reasons.append("The words train and test in the names of files are the published split.")
    return ArchivePlan(True, None, "none", part_by, reasons)


def _only_largest(upload: OpenedUpload) -> ArchivePlan:
    members = upload.members
    others = ", ".join(shorten(member.name, 40) for member in members[1:4])
    more = f" and {len(members) - 4:,} more" if len(members) > 4 else ""
    reason = f"Only {shorten(members[0].name, 60)} is read, the largest file of the archive, not {others}{more}."
    return ArchivePlan(False, reasons=[reason])


def _is_notes(name: str) -> bool:
    return PurePosixPath(name).stem.lower() in _NOTES


def _are_texts(upload: OpenedUpload, names: list[str]) -> bool:
    """Return whether most of some files are text and no tables."""
    step = max(1, len(names) // _LOOKED_AT)
    chosen = names[::step][:_LOOKED_AT]
    n_texts = 0
    with upload.share_archive():
        for name in chosen:
            member = upload.of_member(name)
            try:
                if member.start.strip():
                    n_texts += bool(member.encoding)
            except InputError:
                continue
    return n_texts > len(chosen) / 2
