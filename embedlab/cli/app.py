"""The commands, gathered, and the way errors leave: exit code 0 for done, 2 for bad input, 1 for failure."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import typer

from embedlab.cli import (
    ask as asking,
)
from embedlab.cli import (
    ask_new_text as asking_new_text,
)
from embedlab.cli import (
    ask_several as asking_several,
)
from embedlab.cli import (
    evaluate as judging,
)
from embedlab.cli import (
    export as taking,
)
from embedlab.cli import (
    housekeeping as keeping,
)
from embedlab.cli import (
    import_data as importing,
)
from embedlab.cli import (
    list as listing,
)
from embedlab.cli import (
    protocol as protocols,
)
from embedlab.cli import (
    serve as serving,
)
from embedlab.cli import (
    stability as repeating,
)
from embedlab.cli import (
    sweep as sweeping,
)
from embedlab.cli import (
    train as training,
)
from embedlab.cli.output import prepare_streams, write_error
from embedlab.core.errors import CancelledError, EmbedLabError, InputError
from embedlab.core.files import as_storage_error

_HELP = """Train embeddings of your own text and ratings, question them, and take them away.

The workspace is the folder named by EMBEDLAB_HOME. With --json, standard output is one JSON value;
progress goes to standard error. Exit code 0: done; 2: bad input; 1: failure.
"""
# typer brings its own copy of click from some version on, so the base of its errors is found through one of them.
_CommandError: type[Exception] = next(
    known for known in typer.BadParameter.__mro__ if known.__name__ == "ClickException" and issubclass(known, Exception)
)

app = typer.Typer(
    name="embedlab",
    help=_HELP,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _part in (
    importing,
    listing,
    training,
    asking,
    asking_new_text,
    asking_several,
    judging,
    protocols,
    sweeping,
    repeating,
    taking,
    keeping,
    serving,
):
    _part.register(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    prepare_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    try:
        return int(app(args=given, prog_name="embedlab", standalone_mode=False) or 0)
    except EmbedLabError as error:
        write_error(error, as_json=as_json)
        return error.exit_code
    except _CommandError as error:
        formatted = getattr(error, "format_message", None)
        message = (formatted() if formatted is not None else str(error)).rstrip(".")
        if message:
            remedy = "Add --help to see what the command takes."
            write_error(InputError(f"{message}.", remedy=remedy), as_json=as_json)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        write_error(CancelledError("Stopped."), as_json=as_json)
        return 1
    except typer.Exit as error:
        return error.exit_code
    except BrokenPipeError:
        # Whoever read the output has read enough; nothing may be written when the process ends.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        # Whatever it is, standard output stays one JSON value; people and reports get the whole of it.
        traceback.print_exc(file=sys.stderr)
        write_error(_unforeseen(error), as_json=as_json)
        return 1


def _unforeseen(error: Exception) -> EmbedLabError:
    known = as_storage_error(error, Path(str(error.filename or "a file"))) if isinstance(error, OSError) else None
    return known or EmbedLabError(
        f"The command stopped on an unforeseen error ({type(error).__name__}).",
        remedy="Please report it with what is above.",
    )
