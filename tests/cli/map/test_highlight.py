"""`highlight`, and `open` with what to show."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.cli.map.test_file import embedding_id as embedding_id
from tests.cli.test_serve import served as served


def test_keys_are_set_read_and_cleared(embedlab, embedding_id, tmp_path):
    assert embedlab("highlight", embedding_id, "--json").json["keys"] == []
    keys = stored_keys(embedding_id)
    done = embedlab("highlight", embedding_id, "--select", f"{keys[1]}, {keys[0]}", "--json")
    assert done.json == {"embedding": embedding_id, "keys": [keys[0], keys[1]]}
    (tmp_path / "keys.txt").write_bytes(f"\ufeff{keys[2]}\r\n\r\n".encode())
    assert embedlab("highlight", embedding_id, "--select", f"@{tmp_path / 'keys.txt'}").out.split() == [keys[2]]
    assert embedlab("highlight", embedding_id, "--json").json["keys"] == [keys[2]]
    assert embedlab("highlight", embedding_id, "--clear").exit_code == 0
    assert embedlab("highlight", embedding_id).out == ""


def stored_keys(embedding_id):
    from embedlab.core.settings import load_settings
    from embedlab.workspace.workspace import Workspace

    return list(Workspace.open(load_settings()).load_embedding(embedding_id).keys)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--select", "nowhere"), "not in the vocabulary"),
        (("--select", "@nowhere.txt"), "cannot be read"),
        (("--select", "x", "--clear"), "not both"),
    ],
    ids=["key", "file", "both"],
)
def test_what_cannot_be_highlighted_is_said(embedlab, embedding_id, arguments, said):
    done = embedlab("highlight", embedding_id, *arguments)
    assert done.exit_code == 2
    assert said in done.err


def test_open_shows_what_is_asked_for(embedlab, served, tmp_path):
    lines = [f"w{n} {n}.5 {-n}.25 1.5" for n in range(12)]
    (tmp_path / "v.txt").write_text("12 3\n" + "\n".join(lines) + "\n")
    (tmp_path / "names.tsv").write_text("label\tkind\n" + "".join(f"w{n}\tk{n % 2}\n" for n in range(12)))
    files = (tmp_path / "v.txt", "--metadata", tmp_path / "names.tsv")
    shown = ("--select", "w3,w1", "--color", "kind", "--method", "pca")
    opened = embedlab("open", *files, *shown, "--no-browser", "--json")
    assert opened.exit_code == 0, opened.err
    address = next(word for word in opened.err.split() if "map?" in word)
    query = parse_qs(urlsplit(address).query)
    assert (query["color"], query["highlight"]) == (["kind"], ["1"])
    assert len(query["projection"]) == 1
    assert embedlab("highlight", opened.json["embedding"], "--json").json["keys"] == ["w1", "w3"]
