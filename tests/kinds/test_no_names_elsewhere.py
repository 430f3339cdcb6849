"""No code branches on the name or on a class of a kind of data, except the kind's own folders.

Two groups of files are left out, by rule: folders named like a kind, anywhere in the tree, are its own; and the floors
below `embedlab.kinds` (in the layers of import-linter) cannot know which kinds there are.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedlab.kinds.registry import KINDS

ROOT = Path(__file__).resolve().parents[2]
NAMES = frozenset(KINDS)
CODE = [*ROOT.glob("embedlab/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"]


def _floors_below_kinds() -> set[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if "embedlab.kinds" in each.get("layers", []))
    return {layer.removeprefix("embedlab.") for layer in layers[layers.index("embedlab.kinds") + 1 :]}


def _is_left_out(file: Path) -> bool:
    folders = file.relative_to(ROOT).parts[:-1]
    return bool(NAMES & set(folders)) or (folders[:1] == ("embedlab",) and bool(BELOW & set(folders[1:2])))


BELOW = _floors_below_kinds()


def branches(code: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every comparison with a kind's name and every check for a class of a kind."""
    tree = ast.parse(code)
    classes = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and NAMES & set((node.module or "").split("."))
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            is_branch = any(map(_names_a_kind, [node.left, *node.comparators]))
        elif isinstance(node, ast.MatchValue):
            is_branch = _names_a_kind(node.value)
        elif isinstance(node, ast.MatchClass):
            is_branch = _names(node.cls, classes)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id
            in {
                "isinstance",
                "issubclass",
            }
        ):
            is_branch = _names(node.args[1], classes)
        else:
            continue
        if is_branch:
            yield getattr(node, "lineno", 0), ast.unparse(node)


def _names_a_kind(node: ast.expr) -> bool:
    # A count of a dataset, such as its ratings, may have the name of a kind.
    counts = {id(part.slice) for part in ast.walk(node) if isinstance(part, ast.Subscript)}
    return any(
        (isinstance(part, ast.Constant) and part.value in NAMES and id(part) not in counts)
        or (isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "Kind")
        for part in ast.walk(node)
    )


def _names(node: ast.expr, classes: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in classes for part in ast.walk(node))


def test_no_code_elsewhere_branches_on_a_kind() -> None:
    checked = [file for file in CODE if not _is_left_out(file)]
    assert {"core", "reading"} <= BELOW
    assert len(checked) > 200
    found = [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for file in checked
        for line, text in branches(file.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("if dataset.kind == 'text': pass", id="name"),
        pytest.param("if kind in ('ratings', 'bags'): pass", id="names"),
        pytest.param("if Kind.TEXT != model.kind: pass", id="constant"),
        pytest.param("match kind:\n    case 'vectors': pass", id="match"),
        pytest.param(
            "from embedlab.kinds.text.dataset import TextDataset as T\nif isinstance(x, (int, T)): pass", id="class"
        ),
    ],
)
def test_a_branch_is_found(code: str) -> None:
    assert len(list(branches(code))) == 1


def test_a_declaration_is_no_branch() -> None:
    assert not list(branches("class Words(Task):\n    kind = Kind.TEXT\nPAGES = {'text': TextPage}\nx = 'texts' == y"))
