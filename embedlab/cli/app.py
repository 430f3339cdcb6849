"""All commands, and the exit codes of errors: 0 for success, 2 for invalid input, 1 for failure."""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import typer
from typer.models import CommandInfo

from embedlab.cli import evaluate, export, housekeeping, protocol, recommend, serve, stability, sweep, train
from embedlab.cli import list as list_commands
from embedlab.cli.asking import across, bias, links, new_row, new_text, predict_row, queries, several
from embedlab.cli.importing import data as importing
from embedlab.cli.map import clusters, highlight, select
from embedlab.cli.map import file as map_file
from embedlab.cli.output import prepare_streams, write_error
from embedlab.core.errors import CancelledError, EmbedLabError, InputError
from embedlab.core.files import as_storage_error

_NO_OPTION = "No such option"
_HELP = """Train embeddings on your own data, query them, and export them.

EMBEDLAB_HOME sets the folder of the workspace. With --json, standard output is one JSON value, and progress is written
to standard error. Exit codes: 0 success, 2 invalid input, 1 failure.
"""
# Newer versions of typer bundle their own copy of click, so the base class is looked up through one of its errors.
_CommandError: type[Exception] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException" and issubclass(base, Exception)
)

app = typer.Typer(
    name="embedlab",
    help=_HELP,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _module in (
    importing,
    list_commands,
    train,
    queries,
    new_row,
    across,
    new_text,
    several,
    bias,
    clusters,
    select,
    recommend,
    links,
    predict_row,
    evaluate,
    protocol,
    sweep,
    stability,
    export,
    housekeeping,
    map_file,
    highlight,
    serve,
):
    _module.register(app)


def _commands(group: typer.Typer) -> Iterator[CommandInfo]:
    yield from group.registered_commands
    for each in group.registered_groups:
        if each.typer_instance is not None:
            yield from _commands(each.typer_instance)


for _command in _commands(app):
    # Typer takes what is between brackets, such as [key, score], for markup, and leaves it out.
    _command.help = (_command.help or inspect.getdoc(_command.callback) or "").replace("[", r"\[")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    prepare_streams()
    args = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in args
    try:
        return int(app(args=args, prog_name="embedlab", standalone_mode=False) or 0)
    except EmbedLabError as error:
        write_error(error, as_json=as_json)
        return error.exit_code
    except _CommandError as error:
        format_message = getattr(error, "format_message", None)
        message = (format_message() if format_message is not None else str(error)).rstrip(".")
        if message:
            remedy = "Add --help to see the arguments and options."
            if message.startswith(_NO_OPTION):
                remedy += " If it is a value that begins with a hyphen, write -- before it, after all options."
            write_error(InputError(f"{message}.", remedy=remedy), as_json=as_json)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        write_error(CancelledError("Stopped."), as_json=as_json)
        return 1
    except typer.Exit as error:
        return error.exit_code
    except BrokenPipeError:
        # The reader of the output has closed it; nothing may be written when the process ends.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        # Standard output stays one JSON value; standard error gets the full traceback, for bug reports.
        traceback.print_exc(file=sys.stderr)
        write_error(_unexpected(error), as_json=as_json)
        return 1


def _unexpected(error: Exception) -> EmbedLabError:
    known = as_storage_error(error, Path(str(error.filename or "a file"))) if isinstance(error, OSError) else None
    return known or EmbedLabError(
        f"The command failed with an unexpected error ({type(error).__name__}).",
        remedy="Please report it with the traceback above.",
    )
