"""The documents name files, folders and links that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/extending.md", "docs/from-python.md"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files(name):
    document = ROOT / name
    links = re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
    for link in links:
        assert (document.parent / link).exists(), link


def test_files_and_folders_of_the_architecture_are_there():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:core|reading|kinds|models|workspace|jobs|exploration|ui)/[\w/]*(?:\.py)?)`", text)
    assert len(named) > 10
    for name in named:
        assert (ROOT / "embedlab" / name).exists(), name


def test_the_rooms_of_the_drawing_are_the_layers_of_the_contract():
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(each["layers"] for each in contracts if each["name"].startswith("Arrows point"))
    rooms = [room.strip().removeprefix("embedlab.") for layer in layers for room in re.split(r"[|:]", layer)]
    drawing = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").split("```")[1]
    heads = [re.split(r"\s{4,}", line.strip())[0] for line in drawing.splitlines()]
    drawn = [word for head in heads for word in re.findall(r"[a-z]+", head) if word in rooms]
    assert drawn == rooms


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_of_the_documents_are_there(name):
    from typer.main import get_command

    from embedlab.cli.app import app

    known = get_command(app).commands
    for command in re.findall(r"(?:^|[`/ ])embedlab ([a-z][a-z-]+)", (ROOT / name).read_text(encoding="utf-8")):
        assert command in known, command


def test_the_readme_lists_all_models_and_pages():
    from embedlab.models.registry import MODELS
    from embedlab.ui.shell.navigation import PAGES

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    assert set(MODELS) <= {name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row)}
    assert [page.title for page in PAGES] == [name for row in rows for name in re.findall(r"\*\*(\w+)\*\*", row)]
