"""Escaped keys hold no white space, never collide, and come back."""

from __future__ import annotations

import pytest

from embedlab.core.errors import InputError
from embedlab.core.key_escaping import escape_keys, read_sidecar, restore_keys, sidecar_path, write_sidecar

HOSTILE = [
    "new york",
    "new%20york",
    "new%2520york",
    "a\tb",
    "a\nb",
    "a\u00a0b",
    "\ufeffx",
    "100%",
    "=1+1",
    "日本 語",
    "plain",
]


def test_escaped_keys_hold_no_white_space_and_stay_different():
    escaped, changed = escape_keys(HOSTILE)
    assert changed
    assert all(len(key.split()) == 1 and key.split()[0] == key for key in escaped)
    assert len(set(escaped)) == len(HOSTILE)


def test_ordinary_keys_stay_as_they_are():
    keys = ["king", "don't", "a_b", "ça", "</s>"]
    assert escape_keys(keys) == (keys, False)


def test_the_sidecar_brings_the_keys_back(tmp_path):
    vectors = tmp_path / "words.txt"
    sidecar = write_sidecar(vectors, HOSTILE)
    assert sidecar == sidecar_path(vectors) == tmp_path / "words.txt.keys.json"
    assert restore_keys(escape_keys(HOSTILE)[0], read_sidecar(sidecar)) == HOSTILE


def test_no_sidecar_without_need(tmp_path):
    assert write_sidecar(tmp_path / "words.txt", ["king", "queen"]) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not json", b"[1]", b'{"keys": {"a": 1}}', b'{"keys": []}', b"[" * 100_000])
def test_a_file_that_is_no_sidecar_is_refused(tmp_path, content):
    path = tmp_path / "x.keys.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match="original keys"):
        read_sidecar(path)
