"""The figures of one value's way into an embedding."""

from __future__ import annotations

import pytest

from embedlab.core.errors import NotFoundError, ParameterError
from embedlab.kinds.one_hot import one_hot_steps

VALUES = [f"v{index}" for index in range(1000)]


def test_figures_of_a_value_in_the_middle():
    steps = one_hot_steps(VALUES, "v400", 8)
    assert (steps.index, steps.input_dim, steps.output_dim) == (400, 1000, 8)
    assert steps.window == ("v397", "v398", "v399", "v400", "v401", "v402", "v403")
    assert steps.window_bits == (0, 0, 0, 1, 0, 0, 0)
    assert (steps.one_hot_numbers, steps.table_numbers) == (1_000_000, 8_000)
    assert (steps.one_hot_size_mb, steps.table_size_mb, steps.times_smaller) == (4.0, 0.032, 125.0)


@pytest.mark.parametrize(("value", "bits"), [("v0", (1, 0, 0, 0, 0, 0, 0)), ("v999", (0, 0, 0, 0, 0, 0, 1))])
def test_the_window_stays_inside_the_values(value, bits):
    steps = one_hot_steps(VALUES, value, 2)
    assert steps.window_bits == bits
    assert steps.window[bits.index(1)] == value


def test_fewer_values_than_the_window():
    steps = one_hot_steps(["a", "b"], "b", 1)
    assert (steps.window, steps.window_bits) == (("a", "b"), (0, 1))


def test_an_unknown_value_and_no_columns_are_refused():
    with pytest.raises(NotFoundError):
        one_hot_steps(VALUES, "<script>", 8)
    with pytest.raises(ParameterError):
        one_hot_steps(VALUES, "v1", 0)
