"""Exported scripts from templates: Python files in the folder of each model, linted and typed like all code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from embedlab.models.contract.base import Parameters

_PARAMETERS, _PARAMETERS_END = "# parameters", "# end of parameters"
_SECTION = re.compile(r"\s*# section (not )?(\w+)")
_SECTION_END = "# end of section"
_CONSTANT = re.compile(r"([A-Z][A-Z0-9_]*) = ")


def model_script(module: str, parameters: Parameters, **more: Any) -> str:
    """Make the script of a training from the file `script_template.py` in the folder of a model's module.

    Parameters
    ----------
    module
        The `__file__` of the module.
    parameters
        The parameters of the training.
    more
        Other values of the template, such as `data_file`, or values that replace a parameter.
    """
    template = Path(module).with_name("script_template.py").read_text(encoding="utf-8")
    return script_from_template(template, {**parameters.model_dump(), **more})


def script_from_template(template: str, values: Mapping[str, Any]) -> str:
    """Make a script from a template by setting its constants and dropping the sections that do not apply.

    A template is a complete Python file. The lines between `# parameters` and `# end of parameters` are constants,
    one `NAME = value` each: `NAME` gets `repr(values["name"])`, or is removed if the script does not use it. The
    lines between `# section NAME` and `# end of section` remain if `values["name"]` is true, those after
    `# section not NAME` if it is false; sections may be nested, and may be in the docstring. Values only become
    constants, so they cannot inject code into a script.

    Parameters
    ----------
    template
        The text of the file.
    values
        By lowercase name: the parameters of the training, and the other values of the template.

    Raises
    ------
    KeyError
        A value of the template is missing.
    ValueError
        A section has no end, or an end has no section.
    """
    lines = _select_sections(template.splitlines(), values)
    start, end = lines.index(_PARAMETERS), lines.index(_PARAMETERS_END)
    used = set(re.findall(r"\w+", "\n".join(lines[:start] + lines[end:])))
    constants = [f"{name} = {values[name.lower()]!r}" for name in _names(lines[start + 1 : end]) if name in used]
    script = "\n".join([*lines[:start], *constants, *lines[end + 1 :]])
    # Removed sections leave blank lines.
    return re.sub(r"\n{4,}", "\n\n\n", script) + "\n"


def _select_sections(lines: list[str], values: Mapping[str, Any]) -> list[str]:
    """Return the lines whose sections all apply, without the section comments."""
    open_sections: list[bool] = []
    selected = []
    for line in lines:
        if section := _SECTION.fullmatch(line):
            open_sections.append(bool(values[section[2]]) is not bool(section[1]))
        elif line.strip() == _SECTION_END:
            if not open_sections:
                raise ValueError("a section of a template has an end, but no start")
            open_sections.pop()
        elif all(open_sections):
            selected.append(line)
    if open_sections:
        raise ValueError("a section of a template has no end")
    return selected


def _names(lines: list[str]) -> list[str]:
    """Return the names of the constants; raises `ValueError` for a line without a constant."""
    matches = [_CONSTANT.match(line) for line in lines]
    if unusable := [line for line, match in zip(lines, matches, strict=True) if match is None]:
        raise ValueError(f"not a constant of a template: {unusable[0]!r}")
    return [match[1] for match in matches if match is not None]
