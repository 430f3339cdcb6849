"""`import KIND` for kinds of data without a command of their own: made from the class of their options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from embedlab.cli.flags import Json, Settings, describe_parameters, parse_settings
from embedlab.core.errors import ParameterError

if TYPE_CHECKING:
    from embedlab.kinds.registry import AnyKind

Beside = Annotated[
    list[str] | None, typer.Option("--with", metavar="NAME=FILE", help="A second file; may be given several times.")
]


class ImportGroup(TyperGroup):
    """The commands of `import`: those written out, and one for each other kind of the registry."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, those written out first."""
        from embedlab.kinds.registry import KINDS

        written = super().list_commands(ctx)
        return [*written, *(name for name in KINDS if name not in written)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of this name; None when there is none."""
        from embedlab.kinds.registry import KINDS

        written = super().get_command(ctx, cmd_name)
        return _made(KINDS[cmd_name]) if written is None and cmd_name in KINDS else written


def _made(kind: AnyKind) -> Any:
    """Return the command that imports data of a kind."""
    from embedlab.cli.import_data import import_kind

    schema = kind.options_class.model_json_schema()
    made = typer.Typer()

    def command(
        file: Annotated[Path, typer.Argument(metavar="FILE")],
        settings: Settings = None,
        companions: Beside = None,
        name: Annotated[str | None, typer.Option("--name", help="Name of the dataset.")] = None,
        json: Json = False,
    ) -> None:
        options = parse_settings(settings, schema, example="NAME=VALUE")
        files = {each: Path(path) for each, path in _named_files(companions).items()}
        import_kind(kind.name, file, options, files, name, as_json=json)

    known = [f"{each['name']}: {each['help']}" for each in describe_parameters({"properties": {}, **schema})]
    said = [kind.summary, *(["Options for --set:", *known] if known else [])]
    if kind.companions:
        said += ["Second files for --with:", *(f"{each.name}: {each.title}. {each.help}" for each in kind.companions)]
    made.command(kind.name, help="\n\n".join(said))(command)
    return get_command(made)


def _named_files(given: list[str] | None) -> dict[str, str]:
    files: dict[str, str] = {}
    for text in given or []:
        name, equals, path = text.partition("=")
        if not equals or not name or not path or name in files:
            raise ParameterError("--with needs a name and a file, each name once.", received=text)
        files[name] = path
    return files
