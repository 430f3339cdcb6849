from __future__ import annotations

import json

import pytest

from embedlab.core.errors import InputError, TooLargeError
from embedlab.workspace.bookmarks.file import as_file, read_file
from embedlab.workspace.bookmarks.store import LARGEST_BYTES
from embedlab.workspace.rows import EmbeddingRow
from tests.workspace.bookmarks.marks import made

ROW = EmbeddingRow("e", "local", None, None, "words", "Words", 3, 2, 1, 0.0)


def test_a_set_comes_back_from_its_file():
    marks = [made("a", note="<b>&\n\U0001f642"), made("b", key="x" * 10_000, name="y" * 10_000)]
    content = read_file(as_file(ROW, "Title", marks))
    assert content.bookmarks == marks
    assert (content.embedding.id, content.embedding.title, content.embedding.n_keys) == ("e", "Title", 3)


def changed(**values):
    return json.dumps({**json.loads(as_file(ROW, "Title", [made()])), **values}).encode()


def with_parameter(value):
    look = {"id": "p", "method": "pca", "n_components": 2, "parameters": {"a": value}}
    return changed(bookmarks=[{**made().model_dump(mode="json"), "projection": look}])


REFUSED = {
    "empty": (b"", "not valid JSON"),
    "binary": (b"\x89PNG\x00", "not valid JSON"),
    "truncated": (as_file(ROW, "Title", [made()])[:-30], "not valid JSON"),
    "deep": (b"[" * 100_000, "not valid JSON"),
    "other": (b'{"bookmarks": []}', "contains no bookmarks"),
    "list": (b"[]", "contains no bookmarks"),
    "newer": (changed(version=2), "newer version"),
    "version": (changed(version="x"), "damaged.*version"),
    "bookmarks": (changed(bookmarks=[{"id": "a"}]), r"damaged.*bookmarks\.0"),
    "many": (changed(bookmarks=[made(f"b{n}").model_dump(mode="json") for n in range(51)]), "at most 50"),
    "nested": (with_parameter(json.loads("[" * 300 + "]" * 300)), "damaged.*nested too deeply"),
    "surrogate": (with_parameter("\ud800"), "damaged.*surrogates"),
    "surrogate-name": (with_parameter({"\ud800": 1}), "damaged.*surrogates"),
    "nan": (as_file(ROW, "Title", [made(view={"x": [0, 12345], "y": [0, 1]})]).replace(b"12345", b"NaN"), "damaged"),
}


@pytest.mark.parametrize(("content", "said"), REFUSED.values(), ids=REFUSED)
def test_damaged_files_are_said_kindly(content, said):
    with pytest.raises(InputError, match=said) as caught:
        read_file(content)
    assert caught.value.remedy


def test_the_size_of_a_file_is_bounded():
    with pytest.raises(TooLargeError, match="at most 8 MB"):
        read_file(b" " * (LARGEST_BYTES + 1))
