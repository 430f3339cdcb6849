"""Error messages: the problem, the value received, and the remedy. No markup and no traceback."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.errors import FragmentHandledException

from embedlab.core.errors import EmbedLabError
from embedlab.ui.shell import notices
from embedlab.ui.shell.plain import plain

_LONGEST = 600
_log = logging.getLogger("embedlab.ui")


def message(error: EmbedLabError) -> str:
    """Return the error as Markdown, with its text escaped."""
    parts = [f"**{plain(error.what, _LONGEST)}**"]
    if error.received is not None:
        parts.append(f"Received: {plain(error.received, _LONGEST)}")
    if error.remedy:
        parts.append(plain(error.remedy, _LONGEST))
    return "\n\n".join(parts)


def show(error: EmbedLabError) -> None:
    """Show an EmbedLab error at the current position on the page."""
    notices.error(message(error), icon=":material/error:")


def show_unexpected(error: Exception) -> str:
    """Show an unexpected error with the id of its traceback in the server's log; return the id."""
    error_id = uuid.uuid4().hex[:8]
    _log.error("error %s", error_id, exc_info=error)
    notices.error(
        f"**Something went wrong inside EmbedLab.** No finished work is lost.\n\n"
        f"Try again. If it happens again, look for error `{error_id}` in the server's log.",
        icon=":material/report:",
    )
    return error_id


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show the errors of the block instead of raising them; the page continues after the block.

    `st.stop`, `st.rerun` and `st.switch_page` pass through.
    """
    try:
        yield
    except EmbedLabError as error:
        show(error)
    except FragmentHandledException:
        raise
    except Exception as error:
        show_unexpected(error)


def on_script_error(error: Exception) -> bool:
    """Show errors that no page caught (in callbacks and fragments); the error hook of `st.App`."""
    if isinstance(error, EmbedLabError):
        show(error)
    else:
        show_unexpected(error)
    return True
