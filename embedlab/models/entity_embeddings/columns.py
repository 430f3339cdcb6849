"""Which columns of a table the model gets, from their description alone: an impossible choice is refused at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from embedlab.core.errors import InputError


class Described(Protocol):
    """A column as an import describes it."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def type(self) -> str:
        """Its type: `text`, ..."""
        ...

    @property
    def is_used(self) -> bool:
        """Whether models get it at all."""
        ...


C = TypeVar("C", bound=Described)
_MOST_NAMED = 30


def used_columns(columns: Sequence[C], leave_out: str) -> list[C]:
    """Return the columns that the model gets.

    Parameters
    ----------
    columns
        All columns of the table.
    leave_out
        Names of columns that it does not get, separated by commas.

    Raises
    ------
    InputError
        A column to leave out does not exist, or none is left.
    """
    left_out = [name.strip() for name in leave_out.split(",") if name.strip()]
    known = {column.name for column in columns}
    if unknown := [name for name in left_out if name not in known]:
        raise InputError(
            "The table has no such column to leave out.",
            received=unknown[0],
            remedy=f"Its columns are: {', '.join(sorted(known)[:_MOST_NAMED])}.",
        )
    used = [column for column in columns if column.is_used and column.name not in left_out]
    if not used:
        raise InputError(
            "No column is left to predict the target from.",
            received=", ".join(left_out) or "no usable column",
            remedy="Leave out fewer columns, or change their types when the table is imported.",
        )
    return used


def of_type(columns: Sequence[C], name: str) -> list[C]:
    """Return the columns of a type."""
    return [column for column in columns if column.type == name]


def no_text(start_from: str) -> InputError:
    """Return the error for vectors of words to start from if the model gets no column of text."""
    return InputError(
        "The table has no column of text whose words could start from vectors.",
        received=start_from,
        remedy="Leave the initial word vectors empty.",
    )
