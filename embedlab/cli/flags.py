"""Flags that several commands share, and parsing of `name=value`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from embedlab.core.errors import ParameterError
from embedlab.core.parameters import spelled_out

Json = Annotated[bool, typer.Option("--json", help="Write one JSON value to standard output.")]
TopN = Annotated[int, typer.Option("--topn", help="Number of answers.")]
MinCount = Annotated[
    int, typer.Option("--min-count", help="Leave out answers that occur, or are rated, less often than this.")
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter; can be repeated.")
]
SnapshotEvery = Annotated[
    int | None,
    typer.Option(
        "--snapshot-every",
        metavar="EPOCHS",
        help="Epochs between the snapshots for the film of a training; at most 60 are kept. By default one each "
        "second.",
    ),
]


def parse_settings(
    settings: Sequence[str] | None, schema: Mapping[str, Any], flag: str = "--set", example: str = "epochs=5"
) -> dict[str, Any]:
    """Return the values of `--set name=value`; `none` means null for parameters that allow it.

    Parameters
    ----------
    settings
        As typed.
    schema
        The JSON schema of the parameters class, which validates the values afterwards.
    flag, example
        Name of the flag in error messages, and an example of its use.

    Raises
    ------
    ParameterError
        A setting has no `=`, or a name is repeated.
    """
    values: dict[str, Any] = {}
    for setting in settings or []:
        name, equals, value = setting.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name:
            raise ParameterError(
                f"{flag} needs a name and a value.", received=setting, remedy=f"Write {flag} {example}."
            )
        if name in values:
            raise ParameterError("A parameter is set twice.", received=name, remedy=f"Use each {flag} once.")
        may_be_null = {"type": "null"} in schema.get("properties", {}).get(name, {}).get("anyOf", [])
        values[name] = None if may_be_null and value.strip().lower() in {"none", "null"} else value.strip()
    return values


def describe_parameters(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the title, type, default, bounds, choices and help of every parameter of a class."""
    return [_describe(name, field) for name, field in schema.get("properties", {}).items()]


def _describe(name: str, field: Mapping[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind in field.get("anyOf", [field]) if kind.get("type") != "null"]
    kind = {**field, **(kinds[0] if kinds else {})}
    described = {
        "name": name,
        "title": field.get("title", spelled_out(name)),
        "type": kind.get("type", "string"),
        "default": field.get("default"),
        "minimum": kind.get("minimum", kind.get("exclusiveMinimum")),
        "maximum": kind.get("maximum", kind.get("exclusiveMaximum")),
        "choices": kind.get("enum"),
        "help": field.get("description", ""),
    }
    return {key: value for key, value in described.items() if value is not None or key == "default"}


def given_flags(**flags: Any) -> dict[str, Any]:
    """Return the flags that were given, by name."""
    return {name: value for name, value in flags.items() if value is not None}
