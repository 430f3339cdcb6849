"""Files given together on the command line: opened, and described by what each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embedlab.kinds.companion_match import NamedFile
    from embedlab.kinds.together import Arrangement
    from embedlab.workspace.workspace import Workspace


def named_files(workspace: Workspace, paths: Sequence[Path]) -> list[NamedFile]:
    """Return the files at some paths with their names; nothing is read yet."""
    from embedlab.kinds.companion_match import NamedFile
    from embedlab.reading.limits import Limits
    from embedlab.reading.opened import OpenedUpload

    limits = Limits.of(workspace.settings)
    return [NamedFile(path.name, OpenedUpload(path, limits)) for path in paths]


def describe_arrangement(arrangement: Arrangement, files: Sequence[NamedFile]) -> list[str]:
    """Return one line for each file: the data, a second file and what of it fits, or why it is not used."""
    from embedlab.kinds.registry import kind as kind_of

    known = kind_of(arrangement.kind)
    titles = {each.name: each.title.lower() for each in known.companions}
    lines = [f"{files[number].name}: {known.title.lower()}" for number in arrangement.main]
    for number, match in arrangement.companions.items():
        lines.append(f"{files[number].name}: {titles[match.companion]} ({match.summary})")
    lines += [f"{files[each.file].name} is not used. {each.reason}" for each in arrangement.unused]
    return lines
