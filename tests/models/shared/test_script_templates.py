"""Exported scripts come from templates: constants are set, sections stay or go, and no value becomes code."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from embedlab.core.errors import ParameterError
from embedlab.models.contract.base import Model, Parameters
from embedlab.models.registry import MODELS
from embedlab.models.shared.script_templates import script_from_template
from tests.models.test_registry import COUNTS

ROOT = Path(__file__).resolve().parents[3]

TEMPLATE = '''"""A script.
# section loud

It shouts.
# end of section
"""

# parameters
WORD = "word"
TIMES = 2
UNUSED = 0
# end of parameters

# section loud
# section often
print(WORD.upper() * TIMES)
# end of section
# section not often
print(WORD.upper())
# end of section
# end of section
# section not loud
print(WORD)
# end of section
'''


@pytest.mark.parametrize(
    ("loud", "often", "expected"),
    [
        pytest.param(True, True, "HIHIHI\n", id="nested"),
        pytest.param(True, False, "HI\n", id="nested-not"),
        pytest.param(False, True, "hi\n", id="not"),
    ],
)
def test_constants_are_set_and_sections_stay_or_go(loud, often, expected):
    script = script_from_template(TEMPLATE, {"word": "hi", "times": 3, "unused": 7, "loud": loud, "often": often})
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == expected
    assert ("It shouts." in script) is loud
    # What the script does not use is not among its constants.
    assert ("TIMES" in script) is (loud and often)
    assert "UNUSED" not in script
    assert "# section" not in script
    assert "# parameters" not in script


@pytest.mark.parametrize(
    "value",
    [
        pytest.param('"; import os #', id="quote"),
        pytest.param("'''\nimport os\n", id="three-quotes"),
        pytest.param('"""\n# end of section\nimport os\n', id="marker"),
    ],
)
def test_a_value_stays_a_constant(value):
    script = script_from_template(TEMPLATE, {"word": value, "times": 1, "loud": False, "often": False, "unused": 0})
    tree = ast.parse(script)
    assert not any(isinstance(node, ast.Import) for node in ast.walk(tree))
    assert value in {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}


@pytest.mark.parametrize(
    ("template", "error"),
    [
        pytest.param(TEMPLATE + "# section loud\n", ValueError, id="no-end"),
        pytest.param(TEMPLATE + "# end of section\n", ValueError, id="no-section"),
        pytest.param(TEMPLATE + "# section of_the_future\n# end of section\n", KeyError, id="unknown-section"),
        pytest.param(TEMPLATE.replace("UNUSED = 0", "print(1)"), ValueError, id="no-constant"),
    ],
)
def test_a_spoiled_template_is_an_error(template, error):
    with pytest.raises(error):
        script_from_template(template, {"word": "hi", "times": 1, "loud": True, "often": True, "unused": 0})


def test_no_code_imports_a_template():
    """Templates import Keras, gensim and more as soon as they are imported, and train."""
    importing = []
    for path in (ROOT / "embedlab").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            if any("script_template" in f"{module}.{name}".split(".") for name in names):
                importing.append(path)
    assert importing == []


def test_every_model_has_a_template():
    assert {path.parent.name for path in (ROOT / "embedlab/models").glob("*/script_template.py")} == {
        name.replace("-", "_") for name in MODELS
    }


def _variants(model: Model[Any, Any]) -> list[Parameters]:
    """The defaults, and all parameters that differ from them in one field by what may change the script."""
    first = model.defaults(COUNTS[model.kind])
    variants = [first]
    for name, field in type(first).model_fields.items():
        others: list[Any] = [0, None, "start"]
        if field.annotation is bool:
            others = [True, False]
        elif get_origin(field.annotation) is not None:
            others += get_args(field.annotation)
        for other in others:
            try:
                variants.append(type(first).checked({**first.model_dump(), name: other}))
            except ParameterError:
                continue
    return variants


def test_every_script_has_all_it_uses_and_uses_all_it_has(tmp_path):
    """Undefined names, unused imports and variables, redefinitions: over the choices that change a script."""
    for name, known in MODELS.items():
        for number, parameters in enumerate(_variants(known)):
            script = known.script(parameters, "it's data.txt")
            (tmp_path / f"{name}-{number}.py").write_text(script, encoding="utf-8")
    assert len(list(tmp_path.iterdir())) > 5 * len(MODELS)
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F,E9", str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
