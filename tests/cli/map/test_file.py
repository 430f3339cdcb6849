"""`embedlab map`: a map as one file."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from tests.workspaces import fill


@pytest.fixture
def embedding_id(home):
    from embedlab.core.settings import load_settings
    from embedlab.workspace.workspace import Workspace

    return fill(Workspace.open(load_settings())).embedding


def test_a_map_becomes_a_page_and_an_image(embedlab, embedding_id, tmp_path):
    done = embedlab("map", embedding_id, "--out", tmp_path / "map.HTML", "--color", "none", "--json")
    assert done.exit_code == 0, done.err
    size = (tmp_path / "map.HTML").stat().st_size
    assert done.json["size_bytes"] == size
    assert 4_000_000 < size < 6_000_000
    # The projection exists now, and is used again.
    again = embedlab("map", embedding_id, "--out", tmp_path / "map.svg", "--json")
    assert again.json["projection"] == done.json["projection"]
    root = ElementTree.parse(tmp_path / "map.svg").getroot()
    assert np.sum([node.tag.endswith("circle") for node in root.iter()]) == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--out", "map.png"), "The Map page exports PNG"),
        (("--out", "map"), "Choose .html or .svg"),
        (("--out", "map.svg", "--color", "unknown"), "no such column"),
        (("--out", "map.svg", "--color", "clusters"), "no clusters yet"),
    ],
    ids=["png", "no-suffix", "column", "clusters"],
)
def test_what_cannot_be_drawn_is_said(embedlab, embedding_id, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    done = embedlab("map", embedding_id, *arguments)
    assert done.exit_code == 2
    assert said in done.err
    assert not list(tmp_path.glob("map*"))
