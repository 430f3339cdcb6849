"""Two sessions or two servers that change the marks of one embedding at once: neither loses the other's change."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from embedlab.workspace import cluster_names, selections
from embedlab.workspace.bookmarks import store
from embedlab.workspace.workspace import Workspace
from tests.workspace.bookmarks.marks import made
from tests.workspaces import fill

Change = Callable[[Workspace, str, str], object]
Names = Callable[[Workspace, str], list[str]]

CASES: dict[str, tuple[object, Change, Names]] = {
    "bookmarks": (
        store,
        lambda workspace, row_id, name: store.keep_bookmarks(workspace, row_id, [made(name)]),
        lambda workspace, row_id: [each.id for each in store.bookmarks(workspace, row_id)],
    ),
    "selections": (
        selections,
        lambda workspace, row_id, name: selections.keep_selection(workspace, row_id, name, "0"),
        lambda workspace, row_id: list(selections.named_selections(workspace, row_id)),
    ),
    "cluster-names": (
        cluster_names,
        lambda workspace, row_id, name: cluster_names.rename_cluster(workspace, row_id, "ab", (0, ord(name)), name),
        lambda workspace, row_id: list(cluster_names.cluster_names(workspace, row_id, "ab").values()),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_change_between_reading_and_writing_is_not_lost(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    module, change, names = CASES[case]
    row_id = fill(workspace).embedding
    other = threading.Thread(target=change, args=(workspace, row_id, "b"))
    write = module.write_json  # type: ignore[attr-defined]

    def write_late(*arguments: object, **options: object) -> None:
        if other.ident is None:
            # The other session would finish here, and its change would be overwritten below.
            other.start()
            other.join(0.2)
        write(*arguments, **options)

    monkeypatch.setattr(module, "write_json", write_late)
    change(workspace, row_id, "a")
    other.join()
    assert sorted(names(workspace, row_id)) == ["a", "b"]
