"""Exported scripts made from templates: Python files that stand beside their models and are checked like all code."""

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


def script_beside(module: str, parameters: Parameters, **more: Any) -> str:
    """Make the script of a training from the file `script_template.py` beside a model's module.

    Parameters
    ----------
    module
        The `__file__` of the module.
    parameters
        The parameters of the training.
    more
        What else the template names, such as `data_file`; or what it needs in place of a parameter.
    """
    template = Path(module).with_name("script_template.py").read_text(encoding="utf-8")
    return script_from_template(template, {**parameters.model_dump(), **more})


def script_from_template(template: str, values: Mapping[str, Any]) -> str:
    """Make a script from a template by setting its constants and dropping the sections that do not apply.

    A template is a whole Python file. The lines between `# parameters` and `# end of parameters` are constants, one
    `NAME = value` each: `NAME` gets `repr(values["name"])`, or is left out where the script does not use it. The
    lines between `# section NAME` and `# end of section` stay where `values["name"]` is true, those after
    `# section not NAME` where it is false; sections may be nested, and may be in the docstring. Because a value only
    ever becomes a constant, it cannot put code into a script.

    Parameters
    ----------
    template
        The text of the file.
    values
        By name in lower case: the parameters of the training, and what else the template names.

    Raises
    ------
    KeyError
        The template names a value that is not given.
    ValueError
        A section has no end, or an end no section.
    """
    lines = _applying(template.splitlines(), values)
    start, end = lines.index(_PARAMETERS), lines.index(_PARAMETERS_END)
    used = set(re.findall(r"\w+", "\n".join(lines[:start] + lines[end:])))
    constants = [f"{name} = {values[name.lower()]!r}" for name in _names(lines[start + 1 : end]) if name in used]
    script = "\n".join([*lines[:start], *constants, *lines[end + 1 :]])
    # Sections leave the blank lines around them.
    return re.sub(r"\n{4,}", "\n\n\n", script) + "\n"


def _applying(lines: list[str], values: Mapping[str, Any]) -> list[str]:
    """Return the lines whose sections all apply, without the marks."""
    open_sections: list[bool] = []
    applying = []
    for line in lines:
        if section := _SECTION.fullmatch(line):
            open_sections.append(bool(values[section[2]]) is not bool(section[1]))
        elif line.strip() == _SECTION_END:
            if not open_sections:
                raise ValueError("a section of a template ends that has not begun")
            open_sections.pop()
        elif all(open_sections):
            applying.append(line)
    if open_sections:
        raise ValueError("a section of a template has no end")
    return applying


def _names(lines: list[str]) -> list[str]:
    """Return the names of the constants; raises `ValueError` for a line that is none."""
    found = [_CONSTANT.match(line) for line in lines]
    if unusable := [line for line, name in zip(lines, found, strict=True) if name is None]:
        raise ValueError(f"not a constant of a template: {unusable[0]!r}")
    return [name[1] for name in found if name is not None]
