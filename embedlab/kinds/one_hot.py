"""What an embedding is, with the user's own data: a value, its index, its one-hot row, its row in the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embedlab.core.errors import NotFoundError, ParameterError

_BYTES_PER_NUMBER = 4
_NEIGHBORS = 3


@dataclass(frozen=True)
class OneHotSteps:
    """The steps from one value to its embedding; all sizes are for float32 numbers.

    Parameters
    ----------
    value
        The value looked up.
    index
        Its 0-based position among the values.
    input_dim
        The number of values: the length of a one-hot row, and the rows of the table.
    output_dim
        The numbers an embedding keeps for each value: the columns of the table.
    window_start
        Index of the first value of `window`.
    window
        A few values around the chosen one, to show the part of the one-hot row that is not all zeros.
    """

    value: str
    index: int
    input_dim: int
    output_dim: int
    window_start: int
    window: tuple[str, ...]

    @property
    def window_bits(self) -> tuple[int, ...]:
        """The one-hot row over `window`: 1 at the value, 0 elsewhere."""
        return tuple(int(self.window_start + offset == self.index) for offset in range(len(self.window)))

    @property
    def one_hot_numbers(self) -> int:
        """Numbers in all one-hot rows together: `input_dim` squared."""
        return self.input_dim**2

    @property
    def table_numbers(self) -> int:
        """Numbers in the embedding's table: `input_dim` times `output_dim`."""
        return self.input_dim * self.output_dim

    @property
    def one_hot_size_mb(self) -> float:
        """Size of all one-hot rows in megabytes (10^6 bytes)."""
        return self.one_hot_numbers * _BYTES_PER_NUMBER / 1e6

    @property
    def table_size_mb(self) -> float:
        """Size of the embedding's table in megabytes (10^6 bytes)."""
        return self.table_numbers * _BYTES_PER_NUMBER / 1e6

    @property
    def times_smaller(self) -> float:
        """How many times fewer numbers the table holds than all one-hot rows."""
        return self.input_dim / self.output_dim


def one_hot_steps(values: Sequence[str], value: str, output_dim: int) -> OneHotSteps:
    """Follow one value into an embedding of `output_dim` columns.

    Parameters
    ----------
    values
        All distinct values (words of the vocabulary, keys of the items) in the order of their indices.
    value
        One of them.
    output_dim
        Columns of the table, at least 1.

    Raises
    ------
    NotFoundError
        `value` is not among the values.
    ParameterError
        `output_dim` is below 1.

    Notes
    -----
    Multiplying the one-hot row with the table picks out one row of it; looking the row up gives the same result
    without the multiplication, and that is all an embedding layer does.
    """
    if output_dim < 1:
        raise ParameterError("An embedding needs at least one column.", received=output_dim)
    try:
        index = values.index(value)
    except ValueError:
        raise NotFoundError(
            "The value does not occur in this data.", received=value, remedy="Choose one of its values."
        ) from None
    start = max(0, min(index - _NEIGHBORS, len(values) - 2 * _NEIGHBORS - 1))
    window = tuple(values[start : start + 2 * _NEIGHBORS + 1])
    return OneHotSteps(value, index, len(values), output_dim, start, window)
