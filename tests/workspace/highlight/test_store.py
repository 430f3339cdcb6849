from __future__ import annotations

import os

import pytest

from embedlab.core.errors import NotFoundError, StorageError, TooLargeError
from embedlab.workspace.highlight.store import FILES, Highlight, highlight, newest, set_highlight
from tests.workspaces import fill


@pytest.fixture
def embedding_id(workspace):
    return fill(workspace).embedding


def test_programs_and_pages_have_separate_keys_and_the_last_counts(workspace, embedding_id):
    assert newest(workspace, embedding_id) == Highlight()
    keys = workspace.load_embedding(embedding_id).keys
    by_program = set_highlight(workspace, embedding_id, [keys[2], keys[0], keys[2]])
    assert by_program.keys == (keys[0], keys[2])
    by_page = set_highlight(workspace, embedding_id, [keys[1]], "page")
    assert highlight(workspace, embedding_id) == by_program
    assert highlight(workspace, embedding_id, "page") == by_page
    folder = workspace.layout.embedding(embedding_id)
    for last, expected in (("page", by_page), ("program", by_program)):
        for origin, name in FILES.items():
            os.utime(folder / name, (100 + (origin == last),) * 2)
        assert newest(workspace, embedding_id) == expected
    cleared = set_highlight(workspace, embedding_id, [])
    assert cleared.keys == ()
    assert cleared.id != by_program.id


def test_unknown_and_too_many_keys_are_refused(workspace, embedding_id):
    with pytest.raises(NotFoundError, match=r"Received: nowhere and 1 more\."):
        set_highlight(workspace, embedding_id, ["nowhere", "never"])
    with pytest.raises(TooLargeError, match="At most 2,000"):
        set_highlight(workspace, embedding_id, ["a"] * 2001)
    assert highlight(workspace, embedding_id) == Highlight()


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"id": "x", "keys": []}', '{"id": "abcdefghjkmn", "keys": [1]}'],
    ids=["cut", "list", "id", "keys"],
)
def test_a_damaged_file_is_said(workspace, embedding_id, content):
    (workspace.layout.embedding(embedding_id) / FILES["program"]).write_text(content)
    with pytest.raises(StorageError):
        highlight(workspace, embedding_id)
