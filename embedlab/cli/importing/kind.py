"""`import KIND` for kinds of data without a command of their own: generated from their options class."""

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
    list[str] | None, typer.Option("--with", metavar="NAME=FILE", help="A second file; can be repeated.")
]


#: Name of the hidden command that imports files whose kind is not named.
FILES = "files"


class ImportGroup(TyperGroup):
    """The commands of `import`: the explicit ones, and a generated one for each other kind in the registry."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, the explicit ones first."""
        from embedlab.kinds.registry import KINDS

        explicit = super().list_commands(ctx)
        return [*explicit, *(name for name in KINDS if name not in explicit)]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that the first word names; if it names none, it is the first file to import."""
        if args and self.get_command(ctx, args[0]) is None:
            return FILES, self.get_command(ctx, FILES), args
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command with this name; None if there is none."""
        from embedlab.kinds.registry import KINDS

        explicit = super().get_command(ctx, cmd_name)
        return _generate_command(KINDS[cmd_name]) if explicit is None and cmd_name in KINDS else explicit


def _generate_command(kind: AnyKind) -> Any:
    """Return a command that imports data of a kind."""
    from embedlab.cli.importing.data import import_kind

    schema = kind.options_class.model_json_schema()
    group = typer.Typer()

    def command(
        file: Annotated[
            Path, typer.Argument(metavar="FILE", help="The file to import; a folder, if several files are one dataset.")
        ],
        settings: Settings = None,
        companions: Beside = None,
        name: Annotated[str | None, typer.Option("--name", help="Name of the dataset.")] = None,
        json: Json = False,
    ) -> None:
        options = parse_settings(settings, schema, example="NAME=VALUE")
        files = {each: Path(path) for each, path in _named_files(companions).items()}
        import_kind(kind.name, file, options, files, name, as_json=json)

    options = [f"{each['name']}: {each['help']}" for each in describe_parameters({"properties": {}, **schema})]
    lines = [kind.summary, *(["Options for --set:", *options] if options else [])]
    if kind.companions:
        lines += ["Second files for --with:", *(f"{each.name}: {each.title}. {each.help}" for each in kind.companions)]
    group.command(kind.name, help="\n\n".join(lines))(command)
    return get_command(group)


def _named_files(texts: list[str] | None) -> dict[str, str]:
    files: dict[str, str] = {}
    for text in texts or []:
        name, equals, path = text.partition("=")
        if not equals or not name or not path or name in files:
            raise ParameterError("--with needs a name and a file, and each name only once.", received=text)
        files[name] = path
    return files
